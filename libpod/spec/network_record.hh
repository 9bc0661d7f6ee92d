// A network that people made, as it is kept: name, driver, subnets, options. `bridge` is always there without a record.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libpod/base/json.hh"
#include "libpod/spec/ip_network.hh"

namespace lichen::spec {

struct SubnetConfig {
  IpNetwork subnet;
  IpAddress gateway;  // the bridge's own address
  IpNetwork range;    // where addresses are chosen from; the subnet itself when --ip-range is not given
  std::map<std::string, IpAddress> reserved{};  // --aux-address: devices of the user's, never a container's
};

/// --route, set in every container of the network.
struct NetworkRoute {
  IpNetwork destination;
  IpAddress gateway;
  std::uint32_t metric = 0;  // 0: the kernel's own choice

  /// "DESTINATION,GATEWAY[,METRIC]". nullopt: it is not of this form, or of two families
  static std::optional<NetworkRoute> parse(std::string_view text);
};

struct NetworkRecord {
  std::string id;    // 64 hex digits
  std::string name;  // is_valid_name
  std::string driver = "bridge";
  std::string created;    // RFC 3339
  std::string interface;  // of the bridge, at most 15 bytes
  std::vector<SubnetConfig> subnets;
  bool ipv6 = false;      // asked for; else a v6 subnet was given or there is none
  bool internal = false;  // no way out
  bool dns = true;        // names of its containers are answered
  // slirp4netns' own: it ends connections itself and no wire follows, so large packets only save work (2.5 to 4.5 times
  // as many bytes a second in and out).
  std::uint32_t mtu = 65520;
  std::vector<std::string> dns_servers;  // who is asked for other names; empty: as the host
  std::vector<NetworkRoute> routes;
  std::map<std::string, std::string> labels, options;
};

Json to_json(const NetworkRecord& record);
/// @throws Error{invalid}
NetworkRecord network_record_from_json(const Json& json, std::string_view what);

/// The default network, docker's: 172.17.0.0/16, names are answered too.
inline constexpr std::string_view kDefaultNetwork = "bridge";
NetworkRecord default_network();

/// The first address of the network, or the second of an IPv6 one that begins with the router anycast address: ::1.
IpAddress default_gateway(const IpNetwork& subnet);

}  // namespace lichen::spec
