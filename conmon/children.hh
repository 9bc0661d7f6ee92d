// All our children, born or inherited: as a subreaper the monitor becomes parent of what the runtime leaves behind.
//
// Everything that ended is reaped at once. A container's init may end before the monitor has learnt its pid from the
// runtime: while `keep_unclaimed` is on, statuses that nobody waits for are kept until they are claimed.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include <sys/types.h>

#include "libpod/sys/process.hh"

namespace lichen::conmon {

class Children {
 public:
  using Handler = std::function<void(sys::ExitStatus)>;

  /// Call `handler` once when the child has ended; at once when its status was kept.
  void expect(pid_t pid, Handler handler);
  void keep_unclaimed(bool keep);
  /// Reap whatever has ended. To be called for SIGCHLD.
  void reap();
  /// Those that there are now.
  static std::vector<pid_t> list();
  /// SIGKILL to every child and what that leaves to us, until none is left. Handlers are not called.
  void kill_all();

 private:
  std::map<pid_t, Handler> handlers_;
  std::map<pid_t, sys::ExitStatus> unclaimed_;
  bool keep_ = false;
};

}  // namespace lichen::conmon
