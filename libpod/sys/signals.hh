// Signal names as one table, and guards for masks.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <signal.h>

#include "libpod/sys/unique_fd.hh"

namespace lichen::sys {

/// "TERM", "SIGTERM", "term", "15", "RTMIN+3", "SIGRTMAX-1". nullopt for anything else, 0 too.
std::optional<int> parse_signal_name(std::string_view text);
/// "SIGTERM"; "SIGRTMIN+3"; the number when it has no name.
std::string signal_name(int signal);

/// Blocks signals for its life time.
class SignalMask {
 public:
  explicit SignalMask(std::initializer_list<int> blocked);
  static SignalMask all();
  ~SignalMask();
  SignalMask(const SignalMask&) = delete;
  SignalMask& operator=(const SignalMask&) = delete;

 private:
  explicit SignalMask(const sigset_t& blocked);
  sigset_t previous_{};
};

/// A non-blocking signalfd(2) for signals that the caller has blocked.
UniqueFd make_signalfd(const sigset_t& signals);

}  // namespace lichen::sys
