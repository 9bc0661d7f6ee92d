// What outlives the first process of a container in a pid namespace that is not its own (--pid host, container:X).
//
// In a pid namespace of its own the kernel kills the others when the first one ends. In a shared one nobody does, and
// not every container has a cgroup that could be killed. What such a container's processes have in common is their
// mount namespace; a privileged one may leave it. We hold the namespace, so that its inode number cannot become
// another's.
#pragma once

#include "libpod/sys/unique_fd.hh"

#include <sys/types.h>

namespace lichen::conmon {

class Survivors {
 public:
  /// Remember the container of `init`; nothing to do when it is the first process of its pid namespace, or shares our
  /// mounts, as nothing tells its processes from others then.
  void watch(pid_t init);
  /// SIGKILL to all that is left of it, until nothing is; then forget it. @mustnot throw: the end goes on
  void kill_all() noexcept;

 private:
  sys::UniqueFd mounts_;  // its mount namespace; empty: nothing can survive
};

}  // namespace lichen::conmon
