// A container's network: from what was asked for to a namespace that works.
//
// Order of processes (E: the engine's process, in U0 and in the host's network namespace; C: its child, which becomes
// the monitor):
//   E  plan_network(config)                         pure
//   E  NetworkSetup setup(plan, ...)                chooses and checks host ports, opens channels: nothing is made yet
//   E  fork ── C  setup.enter_in_child()            forks the helper, unshare(CLONE_NEWNET) or setns(2), lo up,
//   releases the helper │           C  mount namespace, rootfs, clear CLOEXEC of setup.keep_fds(), exec lichen-conmon
//   E  setup.in_parent()                            at once after the fork
//   E  ... waits for conmon's "created" ...
//   E  setup.finish()                               waits for slirp4netns, publishes the ports; then lets the container
//   start E  setup.ports()                                for state.json, ps, port
// enter_in_child comes before the mount namespace of C: a helper forked later would hold the container's mounts.
// Why the helper is forked inside C before unshare, and why it can run side by side with all the rest:
// helper_launch.hh. C must be single-threaded and in U0. When E dies before the container is published C dies, and with
// it all that hangs on keep_fds.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libpod/network/dns_files.hh"
#include "libpod/network/ports.hh"
#include "libpod/network/slirp4netns.hh"
#include "libpod/spec/container_config.hh"
#include "libpod/wire/hub_protocol.hh"

namespace lichen::network {

enum class NetworkKind { none, host, slirp4netns, pasta, bridge, container, path };

struct NetworkPlan {
  NetworkKind kind = NetworkKind::none;
  std::string target;  // container: its id; path: the file
  SlirpOptions slirp;  // slirp4netns; api_socket is set by NetworkSetup
  std::vector<std::string> pasta_options;
  std::vector<spec::PortMapping> ports;      // -p and -P; host_port 0 = to be chosen
  std::vector<wire::HubEndpoint> endpoints;  // bridge: filled in by the caller, before NetworkSetup
  int hub_netns = -1;                        // bridge: likewise; the caller's

  std::size_t default_route = 0;  // which of them leads out

  // What the container will see; for dns_files and inspect. Empty when there is none or it is not ours to say.
  std::string container_ip, container_ip6, gateway;
  unsigned prefix = 0;
  std::vector<std::string> dns_servers;         // of the network itself
  std::string host_gateway, host_gateway_hint;  // see HostsInput; the host's own address is filled in by NetworkSetup

  std::string notice;  // to be said to the user: ports that are discarded, as docker does

  bool new_namespace() const {
    return kind == NetworkKind::none || kind == NetworkKind::slirp4netns || kind == NetworkKind::pasta ||
           kind == NetworkKind::bridge;
  }
};

/// @param exposed  ports that the image or --expose name ("80/tcp"); used with publish_all only
/// @throws Error{unsupported} ports that this mode cannot publish
/// @throws Error{usage}       options of slirp4netns
NetworkPlan plan_network(const spec::NetworkConfig& config, const std::vector<std::string>& exposed = {});

/// The input of hosts_file() and resolv_conf(). @param plan  NetworkSetup::plan(), which knows the host's address
HostsInput hosts_input(const NetworkPlan& plan, const spec::NetworkConfig& config, const std::string& hostname,
                       const std::string& domainname);
ResolvInput resolv_input(const NetworkPlan& plan, const spec::NetworkConfig& config, ResolvInput host);

class NetworkSetup {
 public:
  /// @param run_dir  the container's run directory; slirp4netns' API socket is made there as "slirp.sock"
  /// Fills what depends on the host into plan(): chosen ports, the host's address as host_gateway.
  /// @throws as reserve_ports
  /// @stage E
  NetworkSetup(NetworkPlan plan, const std::string& run_dir, PortHolderLookup lookup);

  /// @param join_fd  container: the owner's /proc/PID/ns/net, opened by the caller; else -1 (path is opened here)
  /// @param new_fd   a new network namespace that stands in for the one that would be made here: one that belongs to
  ///                 the container's own user namespace; else -1
  /// @throws Error{permission} the namespace belongs to another user namespace (hint); Error{not_found}
  /// @stage C
  void enter_in_child(int join_fd = -1, int new_fd = -1);
  /// To be held by the monitor until it exits; CLOEXEC until the caller clears it. @stage C
  std::vector<int> keep_fds() const;

  /// @stage E, right after the fork
  void in_parent();
  /// @throws as HelperLaunch::wait_ready and add_slirp_forwards; the caller then ends C, which undoes everything
  /// @stage E; before the container starts
  void finish();

  const std::vector<spec::PortMapping>& ports() const { return plan_.ports; }
  const NetworkPlan& plan() const { return plan_; }

 private:
  NetworkPlan plan_;
  PortHolderLookup lookup_;
  std::optional<HelperLaunch> helper_;  // slirp4netns or pasta
};

}  // namespace lichen::network
