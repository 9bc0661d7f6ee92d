#include "libpod/sys/clone.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

[[noreturn]] void run_child(const std::function<int()>& body) noexcept {
  int code = 125;
  try {
    code = body();
  } catch (const std::exception& error) {
    raw_log(error.what());
    raw_log("\n");
  }
  ::_exit(code);
}

[[noreturn]] void throw_clone(int error_number, std::uint64_t flags) {
  if ((flags & CLONE_NEWUSER) != 0 && (error_number == EPERM || error_number == ENOSPC || error_number == EUSERS))
    throw Error(ErrorKind::unsupported, "make a user namespace: " + errno_text(error_number), error_number)
        .with_hint("'lichen doctor' says what forbids user namespaces on this machine");
  throw_errno_value(error_number, "start a process in new namespaces");
}

}  // namespace

Pid clone_process(const CloneOptions& options, const std::function<int()>& body) {
  int pidfd = -1;
  clone_args args{};
  args.flags = options.flags | CLONE_PIDFD;
  args.pidfd = reinterpret_cast<std::uint64_t>(&pidfd);
  // clone3(2): with CLONE_PARENT the exit signal is that of our parent's child and must be 0 here.
  args.exit_signal = (options.flags & CLONE_PARENT) != 0 ? 0 : SIGCHLD;
  if (options.cgroup_fd >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<std::uint64_t>(options.cgroup_fd);
  }
  const long pid = ::syscall(SYS_clone3, &args, sizeof args);
  if (pid < 0) throw_clone(errno, options.flags);
  if (pid == 0) run_child(body);
  return Pid(static_cast<pid_t>(pid), UniqueFd(pidfd));
}

}  // namespace lichen::sys
