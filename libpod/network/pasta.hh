// pasta(1): as slirp4netns, but the container gets the host's own addresses. By choice only (--network
// pasta[:options]).
//
// Debian 12's pasta (2023-03) becomes a daemon once the namespace is configured, writes its pid to a file and ends its
// first process with 0. It has no descriptor by which it could be told to go, and would stay when the namespace is
// gone. So the helper process stays beside it: it reports readiness, then sleeps until the life pipe closes and ends
// pasta.
#pragma once

#include <string>
#include <vector>

#include "libpod/network/helper_launch.hh"
#include "libpod/spec/container_config.hh"

namespace lichen::network {

/// The command line: podman's defaults (--config-net, --no-map-gw, nothing forwarded but what is published), then
/// `options` word by word, which may undo them.
///
/// @param options  NetworkConfig::options
/// @param ports    none has host_port 0
std::vector<std::string> pasta_argv(const std::vector<std::string>& options,
                                    const std::vector<spec::PortMapping>& ports, const std::string& netns_path,
                                    const std::string& pid_path);

HelperLaunch prepare_pasta(std::vector<std::string> options, std::vector<spec::PortMapping> ports);

}  // namespace lichen::network
