// Waiting for a program that runs in the foreground, as `run` and `exec` do: signals go to it, its exit code becomes
// ours.
#pragma once

#include "libpod/sys/process.hh"

namespace lichen::runtime {

/// Blocks the signals that are passed on; call it before the program starts, so that none is lost.
class Foreground {
 public:
  Foreground();
  /// @param terminal  master to copy between, or -1
  /// @return the exit code (128 + n for signal n)
  int wait(sys::Pid& process, int terminal);

 private:
  sys::UniqueFd signals_;
};

}  // namespace lichen::runtime
