// pasta(1): as slirp4netns, but it takes over the host's addresses. By choice only (--network pasta[:options]).
//
// Debian 12's pasta (2023-03) makes itself a daemon once the namespace is configured and writes its pid to a file; the parent that
// we started then ends with 0. It keeps watching the namespace and ends when that has gone. So there is no ready descriptor to poll and
// no exit descriptor: start, wait for the parent's end.
#pragma once

#include <string>
#include <vector>

#include "libpod/spec/container_config.hh"
#include "libpod/sys/process.hh"

namespace lichen::network {

/// The command line: podman's defaults (--config-net, --no-map-gw, no forwarding but what is published), then `options` word by
/// word, which may undo them.
///
/// @param options  NetworkConfig::options
/// @param ports    none has host_port 0
std::vector<std::string> pasta_argv(const std::vector<std::string>& options, const std::vector<spec::PortMapping>& ports,
                                    const std::string& netns_path);

}  // namespace lichen::network
