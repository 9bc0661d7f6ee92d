#include "src/go_print.hh"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <vector>

#include "libpod/base/format.hh"
#include "libpod/base/log.hh"

namespace lichen::cli {
namespace {

/// The shortest decimal that reads back as the same number; with an exponent from 1e+06 and below 1e-04 (strconv's
/// 'g').
std::string shortest_float(double value) {
  constexpr int kExponentFrom = 6;
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char buffer[64];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  const std::string text(buffer, result.ptr);
  const auto e = text.find('e');
  int exponent = 0;
  std::from_chars(text.data() + e + (text[e + 1] == '+' ? 2 : 1), text.data() + text.size(), exponent);
  if (exponent < -4 || exponent >= kExponentFrom) return text;
  const auto fixed = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
  return {buffer, fixed.ptr};
}

std::string map_text(const Json& map) {
  std::vector<std::pair<std::string, const Json*>> entries;
  for (auto it = map.begin(); it != map.end(); ++it) entries.emplace_back(it.key(), &*it);
  std::sort(entries.begin(), entries.end());
  std::string out = "map[";
  for (const auto& [key, value] : entries) out += (out.size() > 4 ? " " : "") + key + ":" + go_value(*value);
  return out + "]";
}

std::string_view type_name(const Json& value) {
  if (value.is_string()) return "string";
  if (value.is_boolean()) return "bool";
  if (value.is_number_integer()) return "int";
  if (value.is_number_float()) return "float64";
  if (value.is_array()) return "[]interface {}";
  if (value.is_object()) return "map[string]interface {}";
  return "<nil>";
}

struct Spec {
  bool plus = false, minus = false, sharp = false, zero = false, space = false;
  int width = -1;
  int precision = -1;
  char verb = 0;
};

std::size_t rune_count(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string padded(std::string text, const Spec& spec, bool is_number) {
  const std::size_t width = spec.width < 0 ? 0 : static_cast<std::size_t>(spec.width);
  const std::size_t length = rune_count(text);
  if (length >= width) return text;
  const std::size_t missing = width - length;
  if (spec.minus) return text + std::string(missing, ' ');
  if (!spec.zero) return std::string(missing, ' ') + text;
  const std::size_t sign = is_number && !text.empty() && (text[0] == '-' || text[0] == '+' || text[0] == ' ') ? 1 : 0;
  return text.substr(0, sign) + std::string(missing, '0') + text.substr(sign);
}

std::string shortened(std::string text, int precision) {
  if (precision < 0) return text;
  std::size_t end = 0;
  for (int runes = 0; end < text.size(); ++end)
    if ((text[end] & 0xC0) != 0x80 && runes++ == precision) break;
  return text.substr(0, end);
}

std::string bad_verb(const Json& value, char verb) {
  if (value.is_null()) return fmt::format("%!{}(<nil>)", verb);
  return fmt::format("%!{}({}={})", verb, type_name(value), go_value(value));
}

std::string hex_of(std::string_view bytes, bool upper) {
  std::string out;
  for (const char c : bytes)
    out += upper ? fmt::format("{:02X}", static_cast<unsigned char>(c))
                 : fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string signed_text(std::string digits, bool negative, const Spec& spec) {
  if (spec.precision > 0 && digits.size() < static_cast<std::size_t>(spec.precision))
    digits.insert(0, static_cast<std::size_t>(spec.precision) - digits.size(), '0');
  return (negative ? "-" : spec.plus ? "+" : spec.space ? " " : "") + digits;
}

std::string utf8(std::int64_t code) {
  if (code < 0 || code > 0x10FFFF) code = 0xFFFD;
  return Json::parse(fmt::format("\"\\u{:04x}\"", code > 0xFFFF ? 0xFFFD : code)).get<std::string>();
}

std::string format_integer(const Json& value, const Spec& spec) {
  const bool is_unsigned = value.is_number_unsigned();
  const std::int64_t number = is_unsigned ? 0 : value.get<std::int64_t>();
  const bool negative = number < 0;
  const std::uint64_t size = is_unsigned ? value.get<std::uint64_t>()
                             : negative  ? 0 - static_cast<std::uint64_t>(number)
                                         : static_cast<std::uint64_t>(number);
  switch (spec.verb) {
    case 'v':
    case 'd':
      return padded(signed_text(fmt::format("{}", size), negative, spec), spec, true);
    case 'x':
      return padded(signed_text(fmt::format("{}{:x}", spec.sharp ? "0x" : "", size), negative, spec), spec, true);
    case 'X':
      return padded(signed_text(fmt::format("{}{:X}", spec.sharp ? "0X" : "", size), negative, spec), spec, true);
    case 'o':
      return padded(signed_text(fmt::format("{}{:o}", spec.sharp ? "0" : "", size), negative, spec), spec, true);
    case 'b':
      return padded(signed_text(fmt::format("{:b}", size), negative, spec), spec, true);
    case 'c':
      return padded(utf8(number), spec, false);
    case 'q':
      return padded("'" + utf8(number) + "'", spec, false);
    case 'U':
      return padded(fmt::format("U+{:04X}", size), spec, false);
    default:
      return bad_verb(value, spec.verb);
  }
}

std::string format_float(const Json& value, const Spec& spec) {
  const double number = value.get<double>();
  std::string text;
  const int precision = spec.precision < 0 ? 6 : spec.precision;
  switch (spec.verb) {
    case 'v':
    case 'g':
      text = spec.precision < 0 ? shortest_float(number) : fmt::format("{:.{}g}", number, spec.precision);
      break;
    case 'f':
    case 'F':
      text = fmt::format("{:.{}f}", number, precision);
      break;
    case 'e':
      text = fmt::format("{:.{}e}", number, precision);
      break;
    case 'E':
      text = fmt::format("{:.{}E}", number, precision);
      break;
    default:
      return bad_verb(value, spec.verb);
  }
  if (text[0] != '-' && text[0] != '+') text = (spec.plus ? "+" : spec.space ? " " : "") + text;
  return padded(text, spec, true);
}

std::string format_text(const std::string& text, const Json& value, const Spec& spec) {
  switch (spec.verb) {
    case 'v':
    case 's':
      return padded(shortened(text, spec.precision), spec, false);
    case 'q':
      return padded(go_quote(shortened(text, spec.precision)), spec, false);
    case 'x':
    case 'X':
      return padded(hex_of(text, spec.verb == 'X'), spec, false);
    default:
      return bad_verb(value, spec.verb);
  }
}

std::string format_one(const Json& value, const Spec& spec);

// Go applies the verb to each element: printf "%q" of a list quotes each.
std::string format_list(const Json& value, const Spec& spec) {
  std::string out = "[";
  for (const Json& item : value) out += (out.size() > 1 ? " " : "") + format_one(item, spec);
  return out + "]";
}

std::string format_map(const Json& value, const Spec& spec) {
  std::vector<std::pair<std::string, const Json*>> entries;
  for (auto it = value.begin(); it != value.end(); ++it) entries.emplace_back(it.key(), &*it);
  std::sort(entries.begin(), entries.end());
  std::string out = "map[";
  for (const auto& [key, item] : entries)
    out += (out.size() > 4 ? " " : "") + format_one(Json(key), spec) + ":" + format_one(*item, spec);
  return out + "]";
}

std::string format_one(const Json& value, const Spec& spec) {
  if (spec.verb == 'T') return padded(std::string(type_name(value)), spec, false);
  if (value.is_null()) return spec.verb == 'v' ? padded("<nil>", spec, false) : bad_verb(value, spec.verb);
  if (value.is_array()) return format_list(value, spec);
  if (value.is_object()) return format_map(value, spec);
  if (value.is_string()) return format_text(value.get_ref<const std::string&>(), value, spec);
  if (value.is_boolean())
    return spec.verb == 'v' || spec.verb == 't' ? padded(value.get<bool>() ? "true" : "false", spec, false)
                                                : bad_verb(value, spec.verb);
  return value.is_number_float() ? format_float(value, spec) : format_integer(value, spec);
}

/// Digits at `text`, as Go bounds them; -1 when there are none, -2 when the number is too large.
int take_number(std::string_view& text) {
  constexpr int kTooLarge = 1000000;
  int number = -1;
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    if (number != -2) number = std::max(number, 0) * 10 + (text[0] - '0');
    if (number > kTooLarge) number = -2;
    text.remove_prefix(1);
  }
  return number;
}

Spec take_spec(std::string_view& text, std::string& complaints) {
  Spec spec;
  for (; !text.empty(); text.remove_prefix(1)) {
    if (text[0] == '+')
      spec.plus = true;
    else if (text[0] == '-')
      spec.minus = true;
    else if (text[0] == '#')
      spec.sharp = true;
    else if (text[0] == '0')
      spec.zero = true;
    else if (text[0] == ' ')
      spec.space = true;
    else
      break;
  }
  if (spec.minus) spec.zero = false;
  spec.width = take_number(text);
  if (spec.width == -2) complaints += "%!(BADWIDTH)";
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    spec.precision = std::max(take_number(text), 0);
  }
  if (!text.empty()) {
    spec.verb = text[0];
    text.remove_prefix(1);
  }
  return spec;
}

}  // namespace

std::string go_value(const Json& value) {
  if (value.is_null()) return "<nil>";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number_float()) return shortest_float(value.get<double>());
  if (value.is_number()) return value.dump();
  if (value.is_object()) return map_text(value);
  std::string out = "[";
  for (const Json& item : value) out += (out.size() > 1 ? " " : "") + go_value(item);
  return out + "]";
}

std::string go_quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    constexpr std::string_view kLetters = "abfnrtv";
    constexpr std::string_view kControls = "\a\b\f\n\r\t\v";
    if (c == '"' || c == '\\')
      out += std::string("\\") + c;
    else if (const auto at = kControls.find(c); at != std::string_view::npos)
      out += std::string("\\") + kLetters[at];
    else
      out += c;
  }
  return printable(out) + "\"";
}

std::string go_sprint(std::span<const Json* const> values) {
  std::string out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0 && !values[i]->is_string() && !values[i - 1]->is_string()) out += ' ';
    out += go_value(*values[i]);
  }
  return out;
}

std::string go_sprintln(std::span<const Json* const> values) {
  std::string out;
  for (const Json* value : values) out += (out.empty() && value == values[0] ? "" : " ") + go_value(*value);
  return out + "\n";
}

std::string go_sprintf(std::string_view format, std::span<const Json* const> values) {
  std::string out;
  std::size_t next = 0;
  while (!format.empty()) {
    const auto percent = format.find('%');
    out += format.substr(0, percent);
    if (percent == std::string_view::npos) break;
    format.remove_prefix(percent + 1);
    const Spec spec = take_spec(format, out);
    if (spec.verb == 0) {
      out += "%!(NOVERB)";
    } else if (spec.verb == '%') {
      out += '%';
    } else if (next >= values.size()) {
      out += fmt::format("%!{}(MISSING)", spec.verb);
    } else {
      out += format_one(*values[next++], spec);
    }
  }
  if (next < values.size()) {
    out += "%!(EXTRA ";
    for (std::size_t i = next; i < values.size(); ++i)
      out += (i > next ? ", " : "") +
             (values[i]->is_null() ? "<nil>" : std::string(type_name(*values[i])) + "=" + go_value(*values[i]));
    out += ")";
  }
  return out;
}

}  // namespace lichen::cli
