// A container's end of bridge networks: veth pairs between its namespace and the hub's, addresses and routes.
//
// Two netlink sockets, one opened in each namespace, do all of it from one process; the hub itself is not asked. A pair
// goes with the container's namespace, so there is nothing to undo.
#pragma once

#include <string>
#include <vector>

#include "libpod/sys/unique_fd.hh"
#include "libpod/wire/hub_protocol.hh"

namespace lichen::network {

/// Enter the hub's namespace for good and open a netlink socket there. @stage C, before its own namespace is made
sys::UniqueFd open_hub_netlink(int hub_netns);

/// Connect the namespace that we are in. The bridge is made unless it is there.
/// @param hub_netlink  of the hub's namespace
/// @param leads_out    set_way_out() too
/// @throws Error{conflict} a link's name is taken in the container
void join_bridge(int hub_netlink, const wire::HubEndpoint& endpoint, bool leads_out);

/// Take the pair away. @param hub_netlink  of the hub's namespace
void leave_bridge(int hub_netlink, const wire::HubEndpoint& endpoint);
/// The default routes of the namespace that we are in lead through this network, one for each family that it has,
/// but where the network's own routes (--route 0.0.0.0/0,...) say otherwise.
void set_way_out(const wire::HubEndpoint& endpoint);

/// A name for the hub's end of a pair, never given twice.
std::string make_outer_link_name();

}  // namespace lichen::network
