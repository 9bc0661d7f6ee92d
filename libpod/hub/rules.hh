// The nftables rules of the hub's namespace. What never changes is a table of rules that look into sets; what members
// bring are elements of these sets. So a container that comes or goes costs one small transaction (0.1 ms, where the
// whole table costs 3), and the difference of two lists of elements is all that has to be known.
//
//   inet forward      drop, but: what answers, and networks that may go out
//   inet input        drop, but: names, asked at one's own network's gateway; ICMP; what answers
//   inet outward, inward  answers to published ports' clients come to us
//   inet postrouting  behind slirp4netns all have one address
//   bridge prerouting a member sends from the addresses that it was given, and from no other
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "libpod/wire/hub_protocol.hh"

namespace lichen::hub {

inline constexpr const char* kOutside = "tap0";

// A published port's connection to a container comes from the client's own address (port_forwarder.hh): it is marked as
// it goes out, and so what answers is known as it comes in, and kept from being forwarded.
inline constexpr std::uint32_t kOutwardMark = 2, kInwardMark = 1, kInwardTable = 100;

/// Set ("inet lichen open") -> its elements, as nft(8) writes them.
using RuleElements = std::map<std::string, std::set<std::string>>;

/// Tables, chains and empty sets; replaces what is there.
std::string rules_text();

/// Pure. Texts of members come from records of ours, and are checked again: an odd one gives no element.
RuleElements rule_elements(const std::vector<wire::HubMember>& members);

/// The commands that lead from one to the other: first what goes, so that an element may change its value. Pure.
std::string rules_change(const RuleElements& from, const RuleElements& to);

}  // namespace lichen::hub
