// lichen network: create, ls, inspect, update, reload, rm, prune. connect and disconnect are network_connect.hh.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libpod/engine/container_summary.hh"
#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct NetworkRequest {
  std::string name;
  std::string driver;              // "" or "bridge"
  std::string ipam_driver, scope;  // "" or what is meant anyway
  std::vector<std::string> subnets, gateways, ranges;
  std::vector<std::string> dns_servers, routes;
  std::map<std::string, std::string> labels, options, reserved;
  std::string interface;
  bool ipv4 = true, ipv6 = false, internal = false, disable_dns = false, ignore = false;
};

/// @return the id
/// @throws Error{usage} a bad name, subnet or option; Error{conflict} the name or the subnet is taken;
/// Error{unsupported} a driver that needs root
std::string create_network(Engine& engine, const NetworkRequest& request);

/// Rows with docker's placeholders (CreatedAt Driver ID IPv6 Internal Labels Name Scope) and podman's, by name; `host`
/// and `none` too.
/// @param filters  dangling driver id label label! name scope type until
std::vector<Json> list_networks(Engine& engine, const std::vector<std::string>& filters, const OnDamaged& on_damaged);

/// docker's document with podman's keys beside it. @throws Error{not_found|invalid}
Json inspect_network(Engine& engine, const std::string& name_or_id);

struct NetworkRemoval {
  bool force = false;  // its containers and pods are removed too (podman), and one that does not exist is no error
  std::optional<std::int64_t> stop_timeout_s{};  // they get so long to end; else they are killed
};
/// @throws Error{conflict} in use: the message names the containers
void remove_network(Engine& engine, const std::string& name_or_id, const NetworkRemoval& how);

struct NetworkChange {
  std::vector<std::string> dns_add,
      dns_drop;  // addresses; one that is not there to be dropped is no error, as podman's
};
/// Its containers that run are told at once.
/// @throws Error{usage} no address; Error{conflict} a network that is always there, or without names
void update_network(Engine& engine, const std::string& name_or_id, const NetworkChange& change);

/// Have the hub set rules, ports and names of a container anew, as when somebody has flushed them. @return its id
/// @throws Error{conflict} it does not run, or has no bridge network
std::string reload_network(Engine& engine, const std::string& container);
/// Ids of those that can be reloaded.
std::vector<std::string> reloadable_containers(Engine& engine);

/// Networks that no container names. @param filters  label label! until
std::vector<std::string> prune_networks(Engine& engine, const std::vector<std::string>& filters);

}  // namespace lichen::engine
