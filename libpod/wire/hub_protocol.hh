// Between the engine and lichen-hub, the keeper of a user's bridge networks.
//
//   <run>/<boot-id>/hub/       lock      held by the hub and its spare
//                              hub.sock  SOCK_SEQPACKET, our own user only
//                              members/<container-id>.json   one HubMember each: all that the hub knows
//
// A client connects and is greeted with "hello" and a descriptor of the hub's network namespace. It writes a member's
// file, sends {"sync": ID} and gets {} or {"error": {...}}. The hub reads the file, and keeps what it says (forwarded
// ports, rules, names) for as long as the process in it lives; then it removes the file. So files are the state: a hub
// that is killed is followed by one that reads them all. A connection counts as a member while it is open.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libpod/base/json.hh"

namespace lichen::wire {

inline constexpr std::size_t kMaxHubPacket = 64 * 1024;
inline constexpr std::string_view kHubHello = "hello";

struct HubSubnet {
  std::string address;  // of the container
  std::string gateway;  // the bridge's own
  unsigned prefix = 0;
};

/// One more than those of the subnets and the way out.
struct HubRoute {
  std::string destination;  // "10.20.0.0/16"
  std::string gateway;      // in one of the subnets
  std::uint32_t metric = 0;
};

/// A container's place in one network.
struct HubEndpoint {
  std::string network;     // name
  std::string bridge;      // link in the hub
  std::string outer_link;  // of the veth pair, in the hub
  std::string inner_link;  // in the container
  std::string mac;
  std::uint32_t mtu = 1500;
  bool internal = false, dns = true;
  std::vector<HubSubnet> subnets;  // IPv4 first
  std::vector<HubRoute> routes;
  std::vector<std::string> names;        // that are answered with these addresses
  std::vector<std::string> dns_servers;  // the network's; asked for other names by members that have none of their own
  std::int64_t gateway_priority = 0;     // the highest is the way out, of equals the first
};

struct HubPort {
  std::string host_ip;  // "" = all addresses
  std::uint16_t host_port = 0, container_port = 0;
  std::string protocol = "tcp";
};

struct HubMember {
  std::string id;        // 64 hex digits
  std::int64_t pid = 0;  // it is a member while this process lives
  std::uint64_t pid_start = 0;
  std::vector<HubEndpoint> endpoints;
  std::vector<HubPort> ports;            // lead to the endpoint that is the way out, of IPv4 first
  std::vector<std::string> dns_servers;  // who is asked for names that are not ours; empty: as the host
};

/// Which of them leads out: index, or their number when all are internal.
std::size_t way_out_of(const std::vector<HubEndpoint>& endpoints);

Json to_json(const HubMember& member);
/// @throws Error{invalid}
HubMember hub_member_from_json(const Json& json, std::string_view what);

}  // namespace lichen::wire
