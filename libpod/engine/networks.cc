#include "libpod/engine/networks.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/strings.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/display.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/inspect_parts.hh"
#include "libpod/engine/network_users.hh"
#include "libpod/engine/object_filter.hh"
#include "libpod/engine/pod_remove.hh"
#include "libpod/engine/remove.hh"
#include "libpod/engine/stop.hh"

namespace lichen::engine {
namespace {

constexpr std::string_view kListFilters[] = {"dangling", "driver", "id",   "label", "label!",
                                             "name",     "scope",  "type", "until"};
constexpr std::string_view kPruneFilters[] = {"label", "label!", "until"};

bool matches(const Filters& filters, const spec::NetworkRecord& network, std::size_t users) {
  const auto until = filters.get_time("until", now());
  if (until && parse_rfc3339(network.created).value_or(Timestamp{}) >= *until) return false;
  if (filters.has("dangling") &&
      filters.get_bool("dangling", false) != (users == 0 && !is_builtin_network(network.name)))
    return false;
  return filters.match_labels(network.labels) && filters.match_pattern("name", network.name) &&
         filters.any("id", [&](const std::string& id) { return network.id.starts_with(id); }) &&
         filters.any("driver", [&](const std::string& driver) { return driver == network.driver; }) &&
         filters.any("scope", [](const std::string& scope) { return scope == "local"; }) &&
         filters.any("type", [&](const std::string& type) {
           if (type != "custom" && type != "builtin")
             throw Error(ErrorKind::usage, format("--filter type={}: unknown", type)).with_hint("custom or builtin");
           return (type == "builtin") == is_builtin_network(network.name);
         });
}

// podman's placeholders, which docker has not.
void add_podman_words(const spec::NetworkRecord& network, Json& row) {
  row["Created"] = network.created;
  row["DNSEnabled"] = network.dns;
  row["IPv6Enabled"] = network.ipv6;
  row["NetworkInterface"] = network.interface;
  row["NetworkDNSServers"] = network.dns_servers;
  row["Options"] = string_map(network.options);
  row["Subnets"] = Json::array();
  for (const auto& subnet : network.subnets)
    row["Subnets"].push_back({{"Subnet", subnet.subnet.text()}, {"Gateway", subnet.gateway.text()}});
  row["Routes"] = Json::array();
  for (const auto& route : network.routes)
    row["Routes"].push_back({{"Destination", route.destination.text()}, {"Gateway", route.gateway.text()}});
}

Json row_object(const spec::NetworkRecord& network) {
  Json row;
  row["CreatedAt"] = network.created;
  row["Driver"] = network.driver;
  row["ID"] = short_id(network.id);
  const bool v4 = network.subnets.empty() ||
                  std::ranges::any_of(network.subnets, [](const auto& subnet) { return !subnet.subnet.base.v6; });
  row["IPv4"] = v4 ? "true" : "false";
  row["IPv6"] = network.ipv6 ? "true" : "false";
  row["Internal"] = network.internal ? "true" : "false";
  row["Labels"] = labels_text(network.labels);
  row["Name"] = network.name;
  row["Scope"] = "local";
  row["FullID"] = network.id;
  add_podman_words(network, row);
  return row;
}

std::vector<std::string> names_of_users(Engine& engine, const std::string& network) {
  const auto containers = containers_in_use_check(engine);
  std::vector<std::string> names;
  for (const auto* user : users_of(containers, network)) names.push_back(user->config.name);
  return names;
}

void remove_users(Engine& engine, const std::string& network, std::optional<std::int64_t> stop_timeout_s) {
  const auto containers = containers_in_use_check(engine);
  for (const auto* user : users_of(containers, network)) try {
      // podman's rule too: who holds a pod's network takes the pod along.
      if (user->config.holder && engine.pods.has(user->config.pod_id)) {
        remove_pod(engine, user->config.pod_id, {.force = true, .timeout_s = stop_timeout_s.value_or(0)});
        continue;
      }
      if (stop_timeout_s && is_active(*user)) stop_container(engine, user->config.id, stop_timeout_s, "");
      remove_container(engine, user->config.id, {.force = true, .volumes = true});
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) throw;  // --rm, or another command
    }
}

}  // namespace

std::vector<Json> list_networks(Engine& engine, const std::vector<std::string>& words, const OnDamaged& on_damaged) {
  const auto filters = Filters::parse(words, kListFilters);
  const auto containers = containers_in_use_check(engine);
  const auto recordless = recordless_networks();
  std::vector<spec::NetworkRecord> records(recordless.begin(), recordless.end());
  for (const auto& name : engine.networks.list()) try {
      records.push_back(engine.networks.get(name));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) on_damaged(name, error);
    }
  std::ranges::sort(records, {}, &spec::NetworkRecord::name);
  std::vector<Json> rows;
  for (const auto& record : records)
    if (matches(filters, record, users_of(containers, record.name).size())) rows.push_back(row_object(record));
  return rows;
}

void remove_network(Engine& engine, const std::string& name_or_id, const NetworkRemoval& how) {
  std::string name;
  try {
    name = find_network(engine, name_or_id).name;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::not_found && how.force) return;
    throw;
  }
  if (is_builtin_network(name))
    throw Error(ErrorKind::conflict, format("remove network '{}': it is always there", name))
        .with_hint("only networks that `network create` made can be removed");
  if (how.force) remove_users(engine, name, how.stop_timeout_s);
  // Whoever starts now waits for an address, and hears then that there is no such network.
  const auto lock = engine.networks.hold(name);
  const auto users = names_of_users(engine, name);
  if (!users.empty())
    throw Error(ErrorKind::conflict, format("remove network '{}': it is in use by container{} {}", name,
                                            users.size() == 1 ? "" : "s", join(users, ", ")))
        .with_hint(format("remove the container first: lichen rm -f {}; or use force: lichen network rm -f {}",
                          users[0], name));
  const auto id = engine.networks.get(name).id;
  engine.networks.remove(name);
  append_event(engine, {.type = "network", .action = "remove", .id = id, .name = name, .image = {}, .attributes = {}});
}

std::vector<std::string> prune_networks(Engine& engine, const std::vector<std::string>& words) {
  const auto filters = Filters::parse(words, kPruneFilters);
  const auto containers = containers_in_use_check(engine);
  std::vector<std::string> removed;
  for (const auto& name : engine.networks.list()) try {
      if (is_builtin_network(name) || !users_of(containers, name).empty()) continue;
      if (!matches(filters, engine.networks.get(name), 0)) continue;
      remove_network(engine, name, {});
      removed.push_back(name);
    } catch (const Error& error) {
      // Another command was faster: it has removed the network, or a container uses it now.
      if (error.kind() != ErrorKind::not_found && error.kind() != ErrorKind::conflict) throw;
    }
  return removed;
}

}  // namespace lichen::engine
