// lichen network: create, ls, inspect, rm, prune, connect, disconnect.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "libpod/engine/container_summary.hh"
#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct NetworkRequest {
  std::string name;
  std::string driver;  // "" or "bridge"
  std::vector<std::string> subnets, gateways, ranges;
  std::vector<std::string> dns_servers, routes;
  std::map<std::string, std::string> labels, options;
  std::string interface;
  bool ipv6 = false, internal = false, disable_dns = false, ignore = false;
};

/// @return the id
/// @throws Error{usage} a bad name, subnet or option; Error{conflict} the name or the subnet is taken;
/// Error{unsupported} a driver that needs root
std::string create_network(Engine& engine, const NetworkRequest& request);

/// Rows with docker's placeholders (CreatedAt Driver ID IPv6 Internal Labels Name Scope), by name; `host` and `none`
/// too.
/// @param filters  dangling driver id label label! name scope type until
std::vector<Json> list_networks(Engine& engine, const std::vector<std::string>& filters, const OnDamaged& on_damaged);

/// docker's document. @throws Error{not_found|invalid}
Json inspect_network(Engine& engine, const std::string& name_or_id);

/// @param force  its containers are removed too (podman), and one that does not exist is no error
/// @throws Error{conflict} in use: the message names the containers
void remove_network(Engine& engine, const std::string& name_or_id, bool force);

/// Networks that no container names. @param filters  label label! until
std::vector<std::string> prune_networks(Engine& engine, const std::vector<std::string>& filters);

}  // namespace lichen::engine
