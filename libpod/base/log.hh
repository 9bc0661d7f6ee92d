// Levels and one sink (standard error). The level is one of the two globals that lichen has; the other is the signal
// flag. Library code does not log above debug: who catches an Error reports it.
#pragma once

#include <string_view>
#include <utility>

#include "libpod/base/format.hh"

namespace lichen {

enum class LogLevel { error, warn, info, debug, trace };

void set_log_level(LogLevel level);
LogLevel log_level();

/// Write "lichen: <level>: <text>\n" to standard error in one write when `level` is enabled. Control characters in the
/// text are shown as \xNN, so that a name from an image or registry cannot drive the terminal.
void log_text(LogLevel level, std::string_view text);

/// Write as it is, without allocating: for clone children and signal handlers.
void raw_log(const char* text) noexcept;

/// The text with control characters (C0 but newline and tab, DEL, C1) and invalid UTF-8 shown as \xNN.
std::string printable(std::string_view text);

template <typename... Args>
void log_debug(fmt::format_string<Args...> text, Args&&... args) {
  if (log_level() >= LogLevel::debug) log_text(LogLevel::debug, fmt::format(text, std::forward<Args>(args)...));
}

template <typename... Args>
void log_warn(fmt::format_string<Args...> text, Args&&... args) {
  if (log_level() >= LogLevel::warn) log_text(LogLevel::warn, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace lichen
