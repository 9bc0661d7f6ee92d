// rtnetlink(7) without a library: links and addresses of the network namespace that we are in.
//
// One socket per call, one request, its answers; a few microseconds. netlink_request.hh builds messages,
// netlink_links.hh makes links.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lichen::sys {

struct Link {
  int index = 0;
  std::string name;
  std::uint32_t flags = 0;  // IFF_UP and the like
  std::uint32_t mtu = 0;
  std::string mac;  // "02:42:ac:11:00:02"; empty when it has none
};

struct LinkAddress {
  int index = 0;        // of the link
  std::string address;  // text form
  unsigned prefix = 0;
  bool ipv6 = false;
};

/// @throws Error{system}
std::vector<Link> list_links();
std::vector<LinkAddress> list_addresses();

/// Set IFF_UP; the kernel gives lo its 127.0.0.1/8 and ::1/128 by itself (net/ipv4/devinet.c, inetdev_event).
/// @throws Error{permission} no CAP_NET_ADMIN over the namespace
void set_link_up(int index);
/// As set_link_up for lo, whose index is 1 in every network namespace (net/core/dev.c: loopback is the first device).
void set_loopback_up();

}  // namespace lichen::sys
