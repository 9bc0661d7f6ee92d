// Pause points without a hook: a program runs under a filter that reports its system calls on paths to us
// (seccomp_unotify(2)), waits at each until we let it go on, and so can be met exactly between a check and a use.
//
// The program needs no change and does not know. The filter is inherited by all that it starts; we are asked for those
// calls too, and count them.
#pragma once

#include <functional>

#include "libpod/sys/socket.hh"
#include "tests/runtime/box.hh"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

namespace lichen::test {

// Calls between which a name can change its meaning.
inline constexpr int kPausedCalls[] = {SYS_openat2,       SYS_open_tree,  SYS_move_mount, SYS_mkdirat,   SYS_openat,
                                       SYS_symlinkat,     SYS_unlinkat,   SYS_readlinkat, SYS_fchmodat,  SYS_mount,
                                       SYS_mount_setattr, SYS_pivot_root, SYS_chdir,      SYS_faccessat, SYS_execve};

/// In the child. @return descriptor on which the calls are reported; below 0 with errno where the kernel cannot
inline int report_calls() {
  std::vector<sock_filter> program{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const int call : kPausedCalls) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter));
}

struct PausedRun {
  Output output;
  int points = 0;  // calls that were reported
};

/// Run `argv` and call `at_point` once, before the `point`-th reported call is done (never for a negative number).
inline PausedRun run_paused(const std::vector<std::string>& argv, int point, const std::string& folder,
                            const std::function<void()>& at_point) {
  sys::SocketPair pair = sys::make_socket_pair(SOCK_SEQPACKET);
  const sys::UniqueFd null = sys::open_path("/dev/null", O_RDONLY);
  const sys::UniqueFd out = sys::open_path(folder + "/paused.out", O_RDWR | O_CREAT | O_TRUNC, 0644);
  const sys::UniqueFd err = sys::open_path(folder + "/paused.err", O_RDWR | O_CREAT | O_TRUNC, 0644);
  std::vector<char*> words;
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  sys::Pid child = sys::fork_child([&] {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(null.get(), 0);
    ::dup2(out.get(), 1);
    ::dup2(err.get(), 2);
    const int listener = report_calls();
    sys::send_packet(pair.second.get(), std::to_string(listener < 0 ? errno : 0), listener);
    // From here on each of our own calls of the list waits for the parent, too.
    ::execv(words[0], words.data());
    return 126;
  });
  pair.second.reset();
  PausedRun result;
  const auto packet = sys::receive_packet(pair.first.get(), 16);
  if (!packet || !packet->fd) throw Error(ErrorKind::unsupported, "seccomp notifications: errno " + packet->data);
  for (;;) {
    pollfd polled[] = {{packet->fd.get(), POLLIN, 0}, {child.pidfd(), POLLIN, 0}};
    if (::poll(polled, 2, 20000) <= 0) throw Error(ErrorKind::system, "a paused program hangs");
    if ((polled[0].revents & POLLIN) == 0) break;
    seccomp_notif call{};
    if (::ioctl(packet->fd.get(), SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) continue;  // it was killed meanwhile
    if (result.points++ == point) at_point();
    seccomp_notif_resp answer{};
    answer.id = call.id;
    answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    ::ioctl(packet->fd.get(), SECCOMP_IOCTL_NOTIF_SEND, &answer);
  }
  result.output = {child.wait().code, sys::read_file(folder + "/paused.out"), sys::read_file(folder + "/paused.err")};
  return result;
}

}  // namespace lichen::test
