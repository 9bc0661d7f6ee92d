#include "libpod/engine/display.hh"

#include <ctime>

#include "libpod/base/format.hh"

namespace lichen::engine {
namespace {

bool continues_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

std::string size_text(std::int64_t bytes) {
  constexpr std::string_view kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  double size = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; size >= 1000 && unit + 1 < std::size(kUnits); ++unit) size /= 1000;
  return format("{:.3g}{}", size, kUnits[unit]);
}

std::string local_time_text(std::string_view rfc3339) {
  const auto time = parse_rfc3339(rfc3339);
  if (!time) return "";
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(*time).time_since_epoch().count();
  std::tm local{};
  ::localtime_r(&seconds, &local);
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %z %Z", &local));
}

std::string time_since(std::string_view rfc3339, Timestamp at) {
  const auto time = parse_rfc3339(rfc3339);
  return time ? human_duration(at - *time) + " ago" : "N/A";
}

std::string ellipsis(std::string_view text, std::size_t limit) {
  std::size_t points = 0;
  std::size_t cut = 0;  // where the last code point that fits beside the ellipsis ends
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (continues_code_point(text[i])) continue;
    if (points + 1 == limit) cut = i;
    ++points;
  }
  if (points <= limit) return std::string(text);
  return std::string(text.substr(0, cut)) + "…";
}

std::string go_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\a':
        out += "\\a";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\v':
        out += "\\v";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
          out += format("\\x{:02x}", static_cast<unsigned char>(c));
        else
          out += c;
    }
  }
  return out + "\"";
}

std::string labels_text(const std::map<std::string, std::string>& labels) {
  std::string out;
  for (const auto& [key, value] : labels) out += (out.empty() ? "" : ",") + key + "=" + value;
  return out;
}

}  // namespace lichen::engine
