// --network.
#pragma once

#include <string>
#include <string_view>

#include "libpod/spec/container_config.hh"

namespace lichen::spec {

/// "none", "host", "bridge", "default", "private", "slirp4netns[:k=v,...]", "pasta[:opts]", "container:NAME",
/// "ns:PATH", or the name of a network.
///
/// @return only mode, target and options are set. "default" and "private" are `bridge`. A network's name gives
/// mode "network" with the
///         name as target. The options of slirp4netns are checked, pasta's are handed to pasta word by word.
/// @throws Error{usage} an empty target, a relative path, an unknown or malformed option, a name with characters that
/// no network has
NetworkConfig parse_network_option(std::string_view text);

/// One more --network. @throws Error{usage} only networks with names can be several
void add_network(NetworkConfig& network, NetworkConfig more);

/// One of NAME:option,option. @param text  the whole, for messages @throws Error{usage}
void set_endpoint_option(std::string_view text, const std::string& word, NetworkEndpoint& endpoint);

/// As --network would read it.
std::string format_network_option(const NetworkConfig& network);

}  // namespace lichen::spec
