// Making links, addresses and routes: bridges, veth pairs. A netlink socket belongs to the namespace in which it was
// opened, wherever its holder goes afterwards; so one process can make both ends of a veth pair.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libpod/sys/unique_fd.hh"

namespace lichen::sys {

/// Of the namespace that we are in now.
UniqueFd open_netlink();

/// 0: there is none of that name.
int find_link(int netlink, const std::string& name);

/// Make a bridge unless it is there. @return its index
/// @throws Error{conflict} a link of another kind has the name; Error{unsupported} the kernel has no bridges
int ensure_bridge(int netlink, const std::string& name, std::uint32_t mtu);

struct VethPlan {
  std::string outer_name;  // stays in the namespace of the socket
  int bridge_index = 0;    // which it joins
  std::string inner_name;  // goes to `inner_netns`
  std::string inner_mac;   // six bytes
  int inner_netns = -1;
  std::uint32_t mtu = 1500;
};
/// Both ends are made at once, each in its place; the outer one is up, the inner one is not.
/// @throws Error{conflict} a name is taken in its namespace
void make_veth(int netlink, const VethPlan& plan);

/// @param address  4 or 16 bytes. One that is there already is no error.
void add_address(int netlink, int index, std::string_view address, unsigned prefix);
/// A route to `destination`/`prefix` (empty: everything) by `gateway`, as `metric`; one that is there is replaced.
void set_route(int netlink, std::string_view destination, unsigned prefix, std::string_view gateway,
               std::uint32_t metric = 0);
void set_link_up(int netlink, int index);
/// Absent is fine: it went with its other end.
void remove_link(int netlink, const std::string& name);

}  // namespace lichen::sys
