// The hub's network namespace: made by a child, so that the hub itself stays in the host's.
#pragma once

#include <chrono>
#include <set>
#include <string>

#include "libpod/sys/unique_fd.hh"

namespace lichen::hub {

/// With loopback up and forwarding on.
sys::UniqueFd make_hub_namespace(bool has_rules);

/// Take away all bridges but these: a network may come back with other addresses, or its addresses with another name.
void remove_other_bridges(int hub_netns, const std::set<std::string>& kept);

/// Wait until no link of that name is there: the kernel takes a tap device away some time after its program has ended.
void wait_until_gone(int hub_netns, const std::string& link, std::chrono::milliseconds timeout);

}  // namespace lichen::hub
