// YAML and JSON text as docker compose's libraries (go-yaml v3, encoding/json) lay it out.
#include <cctype>
#include <charconv>

#include "compose/language/node.hh"
#include "compose/language/render.hh"
#include "libpod/base/strings.hh"

namespace lichen::compose {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// 22:22:22 was a number in YAML 1.1.
bool is_base60(std::string_view text) {
  std::size_t at = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  const std::size_t start = at;
  while (at < text.size() && (is_digit(text[at]) || text[at] == '_')) ++at;
  if (at == start || at >= text.size() || text[at] != ':' || !is_digit(text[start])) return false;
  while (at < text.size() && text[at] == ':') {
    const std::size_t group = ++at;
    while (at < text.size() && is_digit(text[at]) && at - group < 2) ++at;
    if (at == group || (at - group == 2 && text[group] > '5')) return false;
  }
  while (at < text.size() && (text[at] == '.' || text[at] == '_' || is_digit(text[at]))) ++at;
  return at == text.size();
}

bool is_date(std::string_view text) {
  static constexpr std::string_view kShape = "0000-00-00";
  if (text.size() < kShape.size()) return false;
  for (std::size_t i = 0; i < kShape.size(); ++i)
    if (kShape[i] == '0' ? !is_digit(text[i]) : text[i] != '-') return false;
  return text.size() == kShape.size() || text[10] == 'T' || text[10] == 't' || text[10] == ' ';
}

bool is_old_boolean(std::string_view text) {
  static constexpr std::string_view kWords[] = {"y", "Y", "yes", "Yes", "YES", "on",  "On",  "ON",
                                                "n", "N", "no",  "No",  "NO",  "off", "Off", "OFF"};
  for (const auto word : kWords)
    if (word == text) return true;
  return false;
}

/// Written plain it would be read as something else than this text.
bool means_something_else(const std::string& text) {
  Node node;
  resolve_plain(node, text);
  return !node.is_string() || text == "<<" || is_base60(text) || is_date(text) || is_old_boolean(text);
}

bool has_control(std::string_view text, bool newline_is_one) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t' && (c != '\n' || newline_is_one)) || byte == 0x7f) return true;
  }
  return false;
}

/// Whether the YAML emitter may write it without quotes (indicators of block context).
bool can_be_plain(const std::string& text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.front() == '\t' || text.back() == '\t')
    return false;
  if (text.starts_with("---") || text.starts_with("...")) return false;
  if (std::string_view("#,[]{}&*!|>'\"%@`").find(text[0]) != std::string_view::npos) return false;
  const auto ends_word = [&](std::size_t at) { return at >= text.size() || text[at] == ' ' || text[at] == '\t'; };
  if ((text[0] == '-' || text[0] == '?' || text[0] == ':') && ends_word(1)) return false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == ':' && ends_word(i + 1)) return false;
    if (text[i] == '#' && (text[i - 1] == ' ' || text[i - 1] == '\t')) return false;
  }
  return true;
}

std::string double_quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        result += "\\\"";
        break;
      case '\\':
        result += "\\\\";
        break;
      case '\n':
        result += "\\n";
        break;
      case '\t':
        result += "\\t";
        break;
      case '\r':
        result += "\\r";
        break;
      case '\0':
        result += "\\0";
        break;
      case '\a':
        result += "\\a";
        break;
      case '\b':
        result += "\\b";
        break;
      case '\v':
        result += "\\v";
        break;
      case '\f':
        result += "\\f";
        break;
      case '\x1b':
        result += "\\e";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == '\x7f')
          result += format("\\x{:02X}", static_cast<unsigned>(c));
        else
          result += c;
    }
  }
  return result + "\"";
}

std::string scalar_text(const std::string& text) {
  if (has_control(text, /*newline_is_one=*/true) || text.empty() || means_something_else(text))
    return double_quoted(text);
  if (can_be_plain(text)) return text;
  return "'" + replace_all(text, "'", "''") + "'";
}

class YamlWriter {
 public:
  std::string take() { return std::move(out_); }

  /// The value behind "key:" or "-" at `indent`; of a list below a key the items stand two columns deeper.
  void value(const Json& json, std::size_t indent) {
    if (json.is_object() && !json.empty()) {
      out_ += '\n';
      members(json, indent, /*first_is_placed=*/false);
    } else if (json.is_array() && !json.empty()) {
      out_ += '\n';
      items(json, indent, /*first_is_placed=*/false);
    } else {
      out_ += ' ';
      leaf(json, indent);
    }
  }

  void members(const Json& json, std::size_t indent, bool first_is_placed) {
    for (const auto& [key, member] : json.items()) {
      if (!first_is_placed) out_.append(indent, ' ');
      first_is_placed = false;
      out_ += scalar_text(key) + ":";
      value(member, indent + 2);
    }
  }

  void items(const Json& json, std::size_t indent, bool first_is_placed) {
    for (const auto& item : json) {
      if (!first_is_placed) out_.append(indent, ' ');
      first_is_placed = false;
      out_ += "-";
      if (item.is_object() && !item.empty()) {
        out_ += ' ';
        members(item, indent + 2, /*first_is_placed=*/true);
      } else if (item.is_array() && !item.empty()) {
        out_ += ' ';
        items(item, indent + 2, /*first_is_placed=*/true);
      } else {
        out_ += ' ';
        leaf(item, indent + 2);
      }
    }
  }

  void leaf(const Json& json, std::size_t indent) {
    if (json.is_object()) {
      out_ += "{}\n";
    } else if (json.is_array()) {
      out_ += "[]\n";
    } else if (json.is_string()) {
      string(json.get_ref<const std::string&>(), indent);
    } else if (json.is_number_float()) {
      out_ += go_float(json.get<double>()) + "\n";
    } else {
      out_ += json.dump() + "\n";
    }
  }

 private:
  void string(const std::string& text, std::size_t indent) {
    const bool has_lines = text.find('\n') != std::string::npos;
    // go-yaml asks for a literal block; its emitter falls back to quotes for what a block cannot hold.
    if (!has_lines || has_control(text, /*newline_is_one=*/false) || text.find(" \n") != std::string::npos ||
        text.front() == '\n' || text.back() == ' ') {
      out_ += scalar_text(text) + "\n";
      return;
    }
    out_ += '|';
    if (text.front() == ' ') out_ += '2';
    if (text.back() != '\n')
      out_ += '-';
    else if (text.ends_with("\n\n"))
      out_ += '+';
    out_ += '\n';
    auto lines = split(text, '\n');
    if (text.back() == '\n') lines.pop_back();
    for (const auto& line : lines) {
      if (!line.empty()) out_.append(indent, ' ') += line;
      out_ += '\n';
    }
  }

  std::string out_;
};

}  // namespace

std::string render_yaml(const Json& value) {
  YamlWriter writer;
  if (value.is_object() && !value.empty())
    writer.members(value, 0, /*first_is_placed=*/true);
  else if (value.is_array() && !value.empty())
    writer.items(value, 0, /*first_is_placed=*/true);
  else
    writer.leaf(value, 0);
  return writer.take();
}

std::string render_json(const Json& value, int indent) {
  std::string text = value.dump(indent, ' ', false, Json::error_handler_t::replace);
  for (const auto& [from, to] : {std::pair("<", "\\u003c"), std::pair(">", "\\u003e"), std::pair("&", "\\u0026"),
                                 std::pair("\xe2\x80\xa8", "\\u2028"), std::pair("\xe2\x80\xa9", "\\u2029")})
    if (text.find(from) != std::string::npos) text = replace_all(std::move(text), from, to);
  if (indent >= 0) text += '\n';
  return text;
}

}  // namespace lichen::compose
