#include "libpod/wire/log_format.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/json.hh"

namespace lichen::wire {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Length of the UTF-8 character at the start of `text`; 0 when there is none (RFC 3629: no overlong forms, no
// surrogates, nothing above U+10FFFF).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  if (first == 0xE0 && byte(1) < 0xA0) return 0;
  if (first == 0xED && byte(1) > 0x9F) return 0;
  if (first == 0xF0 && byte(1) < 0x90) return 0;
  if (first == 0xF4 && byte(1) > 0x8F) return 0;
  return length;
}

void append_escaped(std::string& out, char character) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (character) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const auto code = static_cast<unsigned char>(character);
  out += "\\u00";
  out += kHex[code >> 4];
  out += kHex[code & 15];
}

constexpr bool is_plain(char character) {
  const auto code = static_cast<unsigned char>(character);
  return code >= 0x20 && code < 0x80 && character != '"' && character != '\\' && code != 0x7F;
}

std::optional<LogStream> parse_stream(std::string_view name) {
  if (name == "stdout") return LogStream::out;
  if (name == "stderr") return LogStream::err;
  return std::nullopt;
}

}  // namespace

std::string_view to_string(LogStream stream) { return stream == LogStream::out ? "stdout" : "stderr"; }

std::optional<LogFormat> parse_log_format(std::string_view driver) {
  if (driver == "k8s-file") return LogFormat::k8s_file;
  if (driver == "json-file") return LogFormat::json_file;
  return std::nullopt;
}

void append_k8s_record(std::string& out, std::string_view time, LogStream stream, std::string_view text) {
  const bool full = !text.empty() && text.back() == '\n';
  out += time;
  out += stream == LogStream::out ? (full ? " stdout F " : " stdout P ") : (full ? " stderr F " : " stderr P ");
  out += text;
  if (!full) out += '\n';
}

void append_json_record(std::string& out, std::string_view time, LogStream stream, std::string_view text) {
  out += "{\"log\":\"";
  const bool valid = append_json_text(out, text);
  out += "\",\"stream\":\"";
  out += to_string(stream);
  out += "\",\"time\":\"";
  out += time;
  out += '"';
  if (!valid) {
    out += ",\"bytes\":\"";
    out += base64_encode(text);
    out += '"';
  }
  out += "}\n";
}

std::optional<LogRecord> parse_k8s_record(std::string_view line) {
  const auto space = line.find(' ');
  if (space == std::string_view::npos || space < 20 || space > 40) return std::nullopt;
  const std::string_view rest = line.substr(space + 1);
  // "stdout F " or "stderr P "
  if (rest.size() < 8 || rest[6] != ' ' || (rest[7] != 'F' && rest[7] != 'P')) return std::nullopt;
  if (rest.size() > 8 && rest[8] != ' ') return std::nullopt;
  const auto stream = parse_stream(rest.substr(0, 6));
  if (!stream) return std::nullopt;
  LogRecord record{std::string(line.substr(0, space)), *stream,
                   std::string(rest.substr(std::min<std::size_t>(9, rest.size())))};
  if (rest[7] == 'F') record.text += '\n';
  return record;
}

std::optional<LogRecord> parse_json_record(std::string_view line) {
  try {
    const Json json = parse_json(line, "log record");
    if (!json.is_object()) return std::nullopt;
    const JsonView view(json, "log record");
    const auto log = view.find_string("log");
    const auto stream = parse_stream(view.get_string("stream"));
    if (!log || !stream) return std::nullopt;
    LogRecord record{view.get_string("time"), *stream, *log};
    if (const auto encoded = view.find_string("bytes")) {
      auto bytes = base64_decode(*encoded);
      if (!bytes) return std::nullopt;
      record.text = *std::move(bytes);
    }
    return record;
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool append_json_text(std::string& out, std::string_view text) {
  bool valid = true;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (is_plain(text[i])) {
      ++i;
      continue;
    }
    out += text.substr(start, i - start);
    const std::size_t length = utf8_length(text.substr(i));
    if (length == 1) {
      append_escaped(out, text[i]);
    } else if (length == 0) {
      out += "\\ufffd";
      valid = false;
    } else {
      out += text.substr(i, length);
    }
    i += length == 0 ? 1 : length;
    start = i;
  }
  out += text.substr(start);
  return valid;
}

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += k <= count ? kAlphabet[(group >> (18 - 6 * k)) & 63] : '=';
  }
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const bool last = i + 4 == text.size();
    std::uint32_t group = 0;
    std::size_t padding = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const char character = text[i + k];
      const auto value = std::string_view(kAlphabet, 64).find(character);
      if (character == '=' && last && k >= 2) {
        ++padding;
      } else if (value == std::string_view::npos || padding > 0) {
        return std::nullopt;
      }
      group = group << 6 | static_cast<std::uint32_t>(value == std::string_view::npos ? 0 : value);
    }
    for (std::size_t k = 0; k < 3 - padding; ++k) out += static_cast<char>(group >> (16 - 8 * k) & 0xFF);
  }
  return out;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace lichen::wire
