#include "src/output.hh"

#include <algorithm>
#include <cstdio>

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "src/template.hh"

namespace lichen::cli {
namespace {

constexpr std::size_t kMinWidth = 10;
constexpr std::size_t kPadding = 3;

struct CodePoint {
  char32_t value;
  std::size_t length;
};

/// The first code point; a byte that is not UTF-8 counts as one.
CodePoint first_code_point(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  if (length == 1 || text.size() < length) return {lead, 1};
  char32_t value = lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) value = (value << 6) | (static_cast<unsigned char>(text[i]) & 0x3Fu);
  return {value, length};
}

// Unicode's East_Asian_Width W and F, in coarse ranges: enough for names and labels in a table.
bool is_wide(char32_t c) {
  return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
         (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x1F300 && c <= 0x1F64F) || (c >= 0x20000 && c <= 0x3FFFD);
}

/// docker's "\t" and "\n" in a format, but not within {{ }}, where they belong to Go's string literals.
std::string expand_escapes(std::string_view format) {
  std::string out;
  bool in_action = false;
  for (std::size_t i = 0; i < format.size(); ++i) {
    const auto two = format.substr(i, 2);
    if (two == "{{" || two == "}}") in_action = two == "{{";
    if (!in_action && (two == "\\t" || two == "\\n")) {
      out += two[1] == 't' ? '\t' : '\n';
      ++i;
    } else {
      out += format[i];
    }
  }
  return out;
}

Json heading_record(const ListView& view) {
  Json record = Json::object();
  for (const Column& column : view.columns) record[std::string(column.field)] = std::string(column.heading);
  return record;
}

/// "table", "table {{...}}" -> what follows; nullopt when it is not a table format.
std::optional<std::string_view> table_template(std::string_view format) {
  if (!format.starts_with("table")) return std::nullopt;
  const std::string_view rest = format.substr(5);
  if (!rest.empty() && rest[0] != ' ' && rest[0] != '\t') return std::nullopt;
  return trim(rest);
}

std::string without_newlines(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

void write_out(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    throw_errno("write to standard output");
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto [value, length] = first_code_point(text);
    width += is_wide(value) ? 2 : 1;
    text.remove_prefix(length);
  }
  return width;
}

std::string align_columns(std::string_view tabbed_lines) {
  const bool ends_in_newline = tabbed_lines.ends_with('\n');
  if (ends_in_newline) tabbed_lines.remove_suffix(1);
  std::vector<std::vector<std::string>> lines;
  for (const auto& line : split(tabbed_lines, '\n')) lines.push_back(split(line, '\t'));
  std::vector<std::size_t> widths;
  for (const auto& cells : lines)
    for (std::size_t i = 0; i + 1 < cells.size(); ++i) {
      if (widths.size() <= i) widths.push_back(kMinWidth);
      widths[i] = std::max(widths[i], display_width(cells[i]) + kPadding);
    }
  std::string out;
  for (const auto& cells : lines) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      out += cells[i];
      if (i + 1 < cells.size()) out.append(widths[i] - display_width(cells[i]), ' ');
    }
    out += '\n';
  }
  if (!ends_in_newline) out.pop_back();
  return out;
}

std::string render_list(const std::vector<Json>& rows, const ListView& view, std::string_view format, bool no_heading,
                        JsonStyle style) {
  if (format == "json") {
    if (style == JsonStyle::array) return dump_json_pretty(Json(rows));
    std::string out;
    for (const Json& row : rows) out += dump_json(row) + "\n";
    return out;
  }
  auto table = table_template(format.empty() ? view.default_format : format);
  if (table && table->empty()) table = table_template(view.default_format);
  const std::string source = expand_escapes(table ? *table : format);
  const Template compiled = Template::parse(source);
  if (!table) {
    std::string out;
    for (const Json& row : rows) out += compiled.execute(row) + "\n";
    return out;
  }
  std::string lines;
  if (!no_heading) lines += without_newlines(compiled.execute_headings(heading_record(view))) + "\n";
  for (const Json& row : rows) lines += without_newlines(compiled.execute(row)) + "\n";
  return lines.empty() ? lines : align_columns(lines);
}

std::string render_object(const Json& object, std::string_view format) {
  if (format == "json") return dump_json(object) + "\n";
  return Template::parse(expand_escapes(format)).execute(object) + "\n";
}

std::string render_objects(const std::vector<Json>& objects, std::string_view format) {
  if (format.empty()) return dump_json_pretty(Json(objects));
  if (format == "json") return dump_json(Json(objects)) + "\n";
  const Template compiled = Template::parse(expand_escapes(format));
  std::string out;
  for (const Json& object : objects) out += compiled.execute(object) + "\n";
  return out;
}

}  // namespace lichen::cli
