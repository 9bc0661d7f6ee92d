// The network of one container at its start: libpod/network's NetworkSetup fed with what the engine knows (other
// containers).
#pragma once

#include <optional>
#include <string>

#include "libpod/engine/engine.hh"
#include "libpod/engine/hub_client.hh"
#include "libpod/network/setup.hh"
#include "libpod/spec/generate.hh"
#include "libpod/sys/lock.hh"

namespace lichen::engine {

struct ContainerNetwork {
  network::NetworkSetup setup;
  sys::UniqueFd join;                                             // container:X: its network namespace
  std::string target_run_dir;                                     // container:X: where its hosts and resolv.conf lie
  std::optional<HubConnection> hub;                               // bridge networks
  std::vector<std::pair<std::string, std::string>> linked_hosts;  // --link: name and address
  std::vector<std::string> link_env;                              // --link: variables
  sys::FileLock range;  // while a port of a range is chosen and opened: others would choose the same one
};

/// Make the container known to the hub, as soon as its monitor has a pid; finish_container_network waits for the end.
void announce_to_hub(const spec::ContainerConfig& config, const ContainerNetwork& network, pid_t monitor);
/// All is there: the container may start. @throws Error; then the monitor must be ended, which undoes everything
void finish_container_network(ContainerNetwork& network);

/// @throws Error{conflict} a port is taken, or the container to join does not run; Error{not_found|unsupported|usage}
/// @stage in the command, before the fork
ContainerNetwork plan_container_network(Engine& engine, const spec::ContainerConfig& config);

/// hosts, resolv.conf and hostname below `run_dir`; their paths go into `facts`, and so do the variables of links.
void write_network_files(const spec::ContainerConfig& config, const ContainerNetwork& network,
                         const std::string& hostname, const std::string& run_dir, spec::HostFacts& facts);

/// "0.0.0.0:8080:80/tcp": how state.json keeps a published port.
std::string port_text(const spec::PortMapping& port);

}  // namespace lichen::engine
