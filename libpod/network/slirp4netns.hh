// slirp4netns(1): a TCP/IP stack in user space that gives one network namespace a way out without privileges.
//
// Theory of operation. slirp4netns must live in the *host's* network namespace (its sockets are the container's connections) and
// needs the new namespace only for a moment, to make the tap device. A process in U0 that has left the host's network namespace
// can never come back: setns(2) wants CAP_SYS_ADMIN over the user namespace that owns it, which is not U0 (verified: EPERM). So the
// helper is forked before unshare(2), waits for a byte, and then executes slirp4netns with /proc/PID/ns/net of the new one:
//
//   engine            E  opens the channel (ready pipe, exit pipe, go pipe, memfd for stderr)
//    └─ monitor-to-be C  fork_helper()  unshare(NEWNET)  release_helper()  mounts, exec conmon ...
//        └─ helper    H  ............................... exec slirp4netns --ready-fd --exit-fd
//   E: in_parent(), ..., wait_ready()         slirp4netns needs about 8 ms; all of C's and conmon's work runs meanwhile
//
// slirp4netns goes when the last copy of the exit pipe's write end closes: C keeps it over exec and conmon holds it
// (MonitorConfig::keep_fds), so it goes with the monitor, however that dies. Nobody waits for it: closing a tap device takes the
// kernel 20 to 30 ms. Its stderr is a sealed memfd, not a pipe: a pipe without reader would kill it by SIGPIPE years later.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "libpod/sys/process.hh"
#include "libpod/sys/unique_fd.hh"

namespace lichen::network {

struct SlirpOptions {
  std::string cidr = "10.0.2.0/24";
  unsigned mtu = 65520;
  bool allow_host_loopback = false;  // 10.0.2.2 reaches services on the host's 127.0.0.1
  bool enable_ipv6 = false;
  std::string outbound_addr;         // IPv4 address or interface; empty: as the host routes
  std::string outbound_addr6;
  std::string api_socket;            // absolute path, at most 107 bytes; empty: none
  std::string device = "tap0";
};

/// From the "k=v" words of --network slirp4netns:k=v,... (NetworkConfig::options).
/// @throws Error{usage}       unknown option or value
/// @throws Error{unsupported} port_handler=rootlesskit
SlirpOptions parse_slirp_options(const std::vector<std::string>& words);

/// The addresses that slirp4netns takes within its network: network + 100, + 2 and + 3 (slirp4netns(1)).
struct SlirpAddresses {
  std::string container, gateway, dns;
  unsigned prefix = 24;
};
/// @throws Error{usage} not a network address with a prefix of 1 to 25 bits
SlirpAddresses slirp_addresses(const std::string& cidr);

/// The command line. @param ready_fd,exit_fd  numbers in slirp4netns
std::vector<std::string> slirp_argv(const SlirpOptions& options, const std::string& netns_path, int ready_fd, int exit_fd);

/// One slirp4netns from before its fork to its readiness; see the top of the file for who calls what.
class SlirpLaunch {
 public:
  /// Opens the channel. @stage E, before C is forked
  explicit SlirpLaunch(SlirpOptions options);

  /// Fork the helper that will become slirp4netns. @stage C, still in the host's network namespace, single-threaded
  void fork_helper();
  /// Let the helper execute slirp4netns for the namespace that this process is in now. @stage C, after unshare(2)
  void release_helper();
  /// The descriptor to hold while slirp4netns shall run; CLOEXEC. @stage C
  int life_fd() const { return exit_write_.get(); }

  /// Close what belongs to C. @stage E, after C is forked
  void in_parent();
  /// Wait until the namespace has its network.
  ///
  /// @throws Error{not_found}   slirp4netns is not installed (hint: the package)
  /// @throws Error{unsupported} /dev/net/tun is missing or closed to us (hint)
  /// @throws Error{system}      it ended; the cause is the last line of its stderr
  /// @stage E, after in_parent
  void wait_ready(std::chrono::milliseconds timeout = std::chrono::seconds(10));

  const SlirpOptions& options() const { return options_; }

 private:
  [[noreturn]] void fail(const std::string& cause);

  SlirpOptions options_;
  sys::UniqueFd ready_read_, ready_write_;  // slirp4netns writes "1"
  sys::UniqueFd exit_read_, exit_write_;
  sys::UniqueFd go_read_, go_write_;        // C tells H that the namespace is there
  sys::UniqueFd stderr_;
};

/// Start slirp4netns for a namespace that is there already (a hub): the caller is in the host's network namespace.
///
/// @param netns_fd  of the namespace, owned by our user namespace
/// @return the launch, to be waited for; slirp4netns is a child of the caller and goes with the launch's life_fd
SlirpLaunch start_slirp4netns(SlirpOptions options, int netns_fd);

}  // namespace lichen::network
