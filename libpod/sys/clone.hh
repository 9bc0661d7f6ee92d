// clone3(2) for a single-threaded program: a fork with namespaces, a pidfd and a cgroup in one call.
//
// The child runs on a copy of our memory; it must never return into the code that called us, or destructors of the
// parent's objects would run twice. So its entry is a function that cannot throw and whose end is _exit.
#pragma once

#include <cstdint>
#include <functional>

#include "libpod/sys/process.hh"

namespace lichen::sys {

struct CloneOptions {
  std::uint64_t flags = 0;  // CLONE_NEW*, CLONE_PARENT; CLONE_PIDFD is added
  int cgroup_fd = -1;       // >= 0: the child begins in that cgroup v2 (CLONE_INTO_CGROUP, Linux 5.7)
};

/// @param body  runs in the child; what it returns is the exit status. An exception that leaves it ends the child with
/// 125 after a
///              raw line on standard error: bodies report through their own channel.
/// @stage parent, with one thread
/// @throws Error{unsupported}  user namespaces are forbidden here
/// @throws Error{permission|system}
Pid clone_process(const CloneOptions& options, const std::function<int()>& body);

}  // namespace lichen::sys
