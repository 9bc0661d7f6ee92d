#include "libpod/base/log.hh"

#include <atomic>
#include <cstring>
#include <string>

#include <unistd.h>

namespace lichen {
namespace {

std::atomic<LogLevel> current_level{LogLevel::warn};

constexpr std::string_view kLevelNames[] = {"error", "warning", "info", "debug", "trace"};

// Length of the well-formed UTF-8 sequence at the start of `text`, 0 when there is none (Unicode 15, table 3-7).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto tail = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first == 0xE0) return tail(1, 0xA0) && tail(2) ? 3 : 0;
  if (first == 0xED) return tail(1, 0x80, 0x9F) && tail(2) ? 3 : 0;
  if (first >= 0xE1 && first <= 0xEF) return tail(1) && tail(2) ? 3 : 0;
  if (first == 0xF0) return tail(1, 0x90) && tail(2) && tail(3) ? 4 : 0;
  if (first >= 0xF1 && first <= 0xF3) return tail(1) && tail(2) && tail(3) ? 4 : 0;
  if (first == 0xF4) return tail(1, 0x80, 0x8F) && tail(2) && tail(3) ? 4 : 0;
  return 0;
}

}  // namespace

void set_log_level(LogLevel level) { current_level.store(level, std::memory_order_relaxed); }
LogLevel log_level() { return current_level.load(std::memory_order_relaxed); }

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const auto first = static_cast<unsigned char>(text[0]);
    const bool control = (first < 0x20 && first != '\n' && first != '\t') || first == 0x7F ||
                         (length == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0);
    if (length == 0 || control) {
      const std::size_t shown = length == 0 ? 1 : length;
      for (std::size_t i = 0; i < shown; ++i) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[i]));
      text.remove_prefix(shown);
      continue;
    }
    out.append(text.substr(0, length));
    text.remove_prefix(length);
  }
  return out;
}

void log_text(LogLevel level, std::string_view text) {
  if (level > log_level()) return;
  const std::string line = fmt::format("lichen: {}: {}\n", kLevelNames[static_cast<int>(level)], printable(text));
  // One write, so that lines of parallel processes do not mix; a closed stderr is no reason to fail.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

void raw_log(const char* text) noexcept {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, std::strlen(text));
}

}  // namespace lichen
