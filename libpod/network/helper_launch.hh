// Starting slirp4netns or pasta for a network namespace that is about to be made.
//
// Theory of operation. Such a helper must live in the *host's* network namespace (its sockets are the container's
// connections) and needs the new namespace only for a moment, to make the tap device. A process in U0 that has left the
// host's network namespace can never come back: setns(2) wants CAP_SYS_ADMIN over the user namespace that owns it,
// which is not U0 (tried: EPERM). So the helper is forked before unshare(2), waits until it is handed the new
// namespace's descriptor, and then executes the program:
//
//   engine            E  opens the channel (ready pipe, life pipe, go socket, memfd for stderr)
//    └─ monitor-to-be C  fork_helper()  unshare(NEWNET)  release_helper()  mounts, exec conmon ...
//        └─ helper    H  ............................... exec slirp4netns --ready-fd --exit-fd
//   E: in_parent(), ..., wait_ready()         slirp4netns needs about 8 ms; all of C's and conmon's work runs meanwhile
//
// The helper goes when the last copy of the life pipe's write end closes: C keeps it over exec and conmon holds it
// (MonitorConfig::keep_fds), so it goes with the monitor, however that dies. Nobody waits for it: closing a tap device
// takes the kernel 20 to 30 ms. Its stderr is a sealed memfd, not a pipe: a pipe without reader would kill it by
// SIGPIPE hours later.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "libpod/sys/process.hh"
#include "libpod/sys/unique_fd.hh"

namespace lichen::network {

/// What the helper has in its hands when it is released. All CLOEXEC.
struct HelperChannel {
  int netns_fd = -1;  // the namespace to serve
  int ready_fd = -1;  // write "1" when it works; closed without a word: it failed
  int life_fd = -1;   // read end: at its end (POLLHUP) the helper goes
};

class HelperLaunch {
 public:
  /// @param program  for messages; also the name of its Debian package is given in the hint
  /// @param body     runs in H with stdin and stdout on /dev/null, stderr in the memfd, in its own session, in "/",
  /// default signals,
  ///                 umask 077; becomes the program. An Error that leaves it is thrown by wait_ready.
  /// @stage E, before C is forked
  HelperLaunch(std::string program, std::string package, std::function<void(const HelperChannel&)> body);

  /// @stage C, still in the host's network namespace, single-threaded
  void fork_helper();
  /// The same, and the process is the caller's to watch.
  sys::Pid fork_owned_helper();
  /// Hand H the namespace that this process is in now. @stage C, after unshare(2)
  void release_helper();
  /// Likewise for a namespace that is open already.
  void release_helper(int netns_fd);
  /// The descriptor to hold while the helper shall run; CLOEXEC. @stage C
  int life_fd() const { return life_write_.get(); }

  /// Close what belongs to C. @stage E, after C is forked
  void in_parent();
  /// Wait until the namespace has its network.
  ///
  /// @throws Error{not_found}   the program is not installed (hint: the package)
  /// @throws Error{unsupported} /dev/net/tun is missing or closed to us, or the program is too old (hint)
  /// @throws Error{system}      it ended; the cause is the last line of its stderr
  /// @stage E, after in_parent
  void wait_ready(std::chrono::milliseconds timeout = std::chrono::seconds(10));

 private:
  void run_helper();
  [[noreturn]] void fail(const std::string& cause) const;

  std::string program_, package_;
  std::function<void(const HelperChannel&)> body_;
  sys::UniqueFd ready_read_, ready_write_;
  sys::UniqueFd life_read_, life_write_;
  sys::UniqueFd go_read_, go_write_;  // SOCK_SEQPACKET: one packet with the namespace's descriptor
  sys::UniqueFd stderr_;
};

/// For a body: what it gives to the program that it is about to execute. All other descriptors are CLOEXEC then.
void keep_over_exec(std::initializer_list<int> fds);

/// The last line of what a helper wrote that says something; no control characters.
std::string last_message(std::string_view text);

}  // namespace lichen::network
