// How a container is put in words: docker's Status, Command, Ports and Mounts columns. Pure.
#pragma once

#include <string>
#include <vector>

#include "libpod/base/time.hh"
#include "libpod/spec/container_config.hh"
#include "libpod/wire/container_state.hh"

namespace lichen::engine {

/// "Up 5 minutes", "Up 2 hours (Paused)", "Restarting (1) 3 seconds ago", "Exited (0) 2 days ago", "Created", "Removal
/// In Progress".
std::string status_text(const wire::ContainerState& state, Timestamp at);

/// The program and its arguments on one line; arguments with a blank stand in single quotes (docker's Command,
/// untruncated).
std::string command_text(const spec::ContainerConfig& config);

/// One published or exposed port as it really is.
struct PortInUse {
  std::string host_ip;  // empty with host_port 0: exposed only
  std::uint16_t host_port = 0;
  std::uint16_t container_port = 0;
  std::string protocol = "tcp";
};
/// From "0.0.0.0:8080:80/tcp" or "[::]:8080:80/tcp"; nullopt for anything else.
std::optional<PortInUse> parse_port_in_use(std::string_view text);
/// Published ports of a container that runs (from its state), then those it only exposes. {} when it does not run.
std::vector<PortInUse> ports_in_use(const spec::ContainerConfig& config, const wire::ContainerState& state);
/// "0.0.0.0:8080->80/tcp, 443/tcp"; runs of equal host and container ports become "0.0.0.0:80-82->80-82/tcp".
std::string ports_text(std::vector<PortInUse> ports);

/// Names of volumes and sources of binds. Full, or each cut to 15 characters as docker's table has them.
std::vector<std::string> mount_names(const spec::ContainerConfig& config, bool truncate);

/// The names of the networks it is in: "none", "host", "slirp4netns", a network's name, "container:ID".
std::vector<std::string> network_names(const spec::ContainerConfig& config);

}  // namespace lichen::engine
