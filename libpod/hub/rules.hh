// The nftables rules of the hub's namespace, made anew from the members at each change and loaded as one transaction:
// there is no moment without rules, and nothing to keep in step.
//
//   inet forward      drop, but: what answers, what was forwarded by a published port, and networks that may go out
//   inet input        drop, but: names, asked at one's own network's gateway; ICMP; what answers
//   inet prerouting   published ports: slirp4netns delivers to its own address and a port of ours
//   inet postrouting  behind slirp4netns all have one address
//   bridge prerouting a member sends from the addresses that it was given, and from no other
#pragma once

#include <string>
#include <vector>

#include "libpod/wire/hub_protocol.hh"

namespace lichen::hub {

inline constexpr const char* kOutside = "tap0";

/// What is delivered to which port of slirp4netns' address.
struct Delivery {
  std::string protocol;
  std::uint16_t port = 0;
  std::string address;  // of the container
  std::uint16_t container_port = 0;
};

/// Pure. Texts of members come from records of ours, and are checked again: an odd one gives no rule.
std::string rules_text(const std::vector<wire::HubMember>& members, const std::vector<Delivery>& deliveries);

/// In a child: libnftables takes memory that it does not give back.
/// @return empty, or why the kernel refused
std::string load_rules(int hub_netns, const std::string& text);

}  // namespace lichen::hub
