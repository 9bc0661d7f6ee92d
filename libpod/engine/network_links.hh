// --link, docker's older way to name another container: lines of /etc/hosts with its address on a network that both
// are on, and on the default network variables that tell its ports and its environment. The address is the container's
// own until it is removed, so that the order of starts does not matter.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

/// Names of links become ids. @throws Error{not_found}; Error{conflict} the container is not on the network, or this
/// one has no /etc/hosts of ours
void resolve_links(Engine& engine, const spec::NetworkConfig& network, spec::NetworkEndpoint& endpoint);

/// Name and address, for hosts_file(). A container that has been removed is left out with a warning, as docker drops
/// its links.
/// @throws Error{conflict} it has never run, so that it has no address
std::vector<std::pair<std::string, std::string>> link_hosts(const Engine& engine,
                                                            const spec::NetworkEndpoint& endpoint);

/// The variables of the links on the default network (link_variables.hh); on others docker makes none. A container that
/// has been removed or has never run adds none.
std::vector<std::string> link_env(const Engine& engine, const spec::ContainerConfig& config);

/// As docker shows them in an endpoint: "db:alias".
std::vector<std::string> link_texts(const Engine& engine, const spec::NetworkEndpoint& endpoint);

}  // namespace lichen::engine
