// Where networks without --subnet get their addresses: the pools, and what must not be taken from them.
#pragma once

#include <string_view>
#include <vector>

#include "libpod/engine/engine.hh"
#include "libpod/spec/network_record.hh"

namespace lichen::engine {

/// The networks in the kernel's tables, without default routes: /proc/net/route and /proc/net/ipv6_route. Pure; lines
/// that are not understood are left out.
std::vector<spec::IpNetwork> parse_routes4(std::string_view table);
std::vector<spec::IpNetwork> parse_routes6(std::string_view table);

/// What slirp4netns of the hub has for itself: a network on top of it would have no way out.
const std::vector<spec::IpNetwork>& hub_networks();

/// A free network of the family: neither the host's, nor the hub's, nor one of `engine`'s networks.
/// @param seed  of an IPv6 one, which is chosen by chance
/// @throws Error{conflict} all are used up
spec::IpNetwork choose_network(const Engine& engine, bool v6, const std::string& seed);

}  // namespace lichen::engine
