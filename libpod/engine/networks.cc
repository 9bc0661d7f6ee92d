#include "libpod/engine/networks.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/strings.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/display.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/hub_client.hh"
#include "libpod/engine/inspect_parts.hh"
#include "libpod/engine/object_filter.hh"
#include "libpod/engine/remove.hh"

namespace lichen::engine {
namespace {

constexpr std::string_view kListFilters[] = {"dangling", "driver", "id",   "label", "label!",
                                             "name",     "scope",  "type", "until"};
constexpr std::string_view kPruneFilters[] = {"label", "label!", "until"};

// docker's networks without a record: ids are fixed.
struct Builtin {
  std::string_view name, driver, id;
};
constexpr Builtin kBuiltins[] = {
    {"host", "host", "b1c6dbe1f3c5a4d2e89f70b1a2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5"},
    {"none", "null", "c2d7ecf204d6b5e3f9a081c2b3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f6"},
};

spec::NetworkRecord builtin_record(const Builtin& builtin) {
  spec::NetworkRecord record;
  record.id = builtin.id;
  record.name = builtin.name;
  record.driver = builtin.driver;
  record.dns = false;
  return record;
}

spec::NetworkRecord find_record(const Engine& engine, const std::string& name_or_id) {
  for (const auto& builtin : kBuiltins)
    if (name_or_id == builtin.name || (name_or_id.size() > 3 && builtin.id.starts_with(name_or_id)))
      return builtin_record(builtin);
  return engine.networks.get(engine.networks.find(name_or_id));
}

bool is_builtin(const std::string& name) {
  return name == spec::kDefaultNetwork || name == kBuiltins[0].name || name == kBuiltins[1].name;
}

std::vector<const ContainerSummary*> users_of(const std::vector<ContainerSummary>& containers,
                                              const std::string& name) {
  std::vector<const ContainerSummary*> users;
  for (const auto& container : containers)
    if (std::ranges::any_of(container.config.network.endpoints, [&](const auto& at) { return at.network == name; }))
      users.push_back(&container);
  std::ranges::sort(users, {}, [](const auto* user) { return user->config.name; });
  return users;
}

bool matches(const Filters& filters, const spec::NetworkRecord& network, std::size_t users) {
  const auto until = filters.get_time("until", now());
  if (until && parse_rfc3339(network.created).value_or(Timestamp{}) >= *until) return false;
  if (filters.has("dangling") && filters.get_bool("dangling", false) != (users == 0 && !is_builtin(network.name)))
    return false;
  return filters.match_labels(network.labels) && filters.match_pattern("name", network.name) &&
         filters.any("id", [&](const std::string& id) { return network.id.starts_with(id); }) &&
         filters.any("driver", [&](const std::string& driver) { return driver == network.driver; }) &&
         filters.any("scope", [](const std::string& scope) { return scope == "local"; }) &&
         filters.any("type", [&](const std::string& type) {
           if (type != "custom" && type != "builtin")
             throw Error(ErrorKind::usage, format("--filter type={}: unknown", type)).with_hint("custom or builtin");
           return (type == "builtin") == is_builtin(network.name);
         });
}

Json row_object(const spec::NetworkRecord& network) {
  Json row;
  row["CreatedAt"] = network.created;
  row["Driver"] = network.driver;
  row["ID"] = short_id(network.id);
  row["IPv4"] = "true";
  row["IPv6"] = network.ipv6 ? "true" : "false";
  row["Internal"] = network.internal ? "true" : "false";
  row["Labels"] = labels_text(network.labels);
  row["Name"] = network.name;
  row["Scope"] = "local";
  row["FullID"] = network.id;
  return row;
}

Json member_object(const ContainerSummary& container, const wire::HubEndpoint& endpoint) {
  Json out;
  out["Name"] = container.config.name;
  out["EndpointID"] = container.config.id;
  out["MacAddress"] = endpoint.mac;
  out["IPv4Address"] = out["IPv6Address"] = "";
  for (const auto& subnet : endpoint.subnets)
    out[subnet.address.find(':') == std::string::npos ? "IPv4Address" : "IPv6Address"] =
        format("{}/{}", subnet.address, subnet.prefix);
  return out;
}

}  // namespace

std::vector<Json> list_networks(Engine& engine, const std::vector<std::string>& words, const OnDamaged& on_damaged) {
  const auto filters = Filters::parse(words, kListFilters);
  const auto containers = containers_in_use_check(engine);
  std::vector<spec::NetworkRecord> records{builtin_record(kBuiltins[0]), builtin_record(kBuiltins[1])};
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

Json inspect_network(Engine& engine, const std::string& name_or_id) {
  const auto network = find_record(engine, name_or_id);
  Json out;
  out["Name"] = network.name;
  out["Id"] = network.id;
  out["Created"] = network.created;
  out["Scope"] = "local";
  out["Driver"] = network.driver;
  out["EnableIPv4"] = true;
  out["EnableIPv6"] = network.ipv6;
  out["IPAM"] = {{"Driver", "default"}, {"Options", nullptr}, {"Config", Json::array()}};
  for (const auto& subnet : network.subnets) {
    Json config{{"Subnet", subnet.subnet.text()}};
    if (subnet.range != subnet.subnet) config["IPRange"] = subnet.range.text();
    config["Gateway"] = subnet.gateway.text();
    out["IPAM"]["Config"].push_back(std::move(config));
  }
  out["Internal"] = network.internal;
  out["Attachable"] = false;
  out["Ingress"] = false;
  out["ConfigFrom"] = {{"Network", ""}};
  out["ConfigOnly"] = false;
  out["Containers"] = Json::object();
  const auto containers = containers_in_use_check(engine);
  for (const auto* user : users_of(containers, network.name)) {
    const auto member = is_active(*user) ? find_hub_member(engine, user->config.id) : std::nullopt;
    if (!member) continue;
    for (const auto& endpoint : member->endpoints)
      if (endpoint.network == network.name) out["Containers"][user->config.id] = member_object(*user, endpoint);
  }
  out["Options"] = string_map(network.options);
  out["Labels"] = string_map(network.labels);
  out["NetworkInterface"] = network.interface;
  out["DNSEnabled"] = network.dns;
  return out;
}

void remove_network(Engine& engine, const std::string& name_or_id, bool force) {
  std::string name;
  try {
    name = find_record(engine, name_or_id).name;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::not_found && force) return;
    throw;
  }
  if (is_builtin(name))
    throw Error(ErrorKind::conflict, format("remove network '{}': it is always there", name))
        .with_hint("only networks that `network create` made can be removed");
  const auto containers = containers_in_use_check(engine);
  const auto users = users_of(containers, name);
  if (!users.empty() && !force) {
    std::vector<std::string> names;
    for (const auto* user : users) names.push_back(user->config.name);
    throw Error(ErrorKind::conflict, format("remove network '{}': it is in use by container{} {}", name,
                                            names.size() == 1 ? "" : "s", join(names, ", ")))
        .with_hint(format("remove the container first: lichen rm -f {}; or use force: lichen network rm -f {}",
                          names[0], name));
  }
  for (const auto* user : users) remove_container(engine, user->config.id, {.force = true, .volumes = true});
  const auto id = engine.networks.get(name).id;
  engine.networks.remove(name);
  append_event(engine, {.type = "network", .action = "remove", .id = id, .name = name, .image = {}, .attributes = {}});
}

std::vector<std::string> prune_networks(Engine& engine, const std::vector<std::string>& words) {
  const auto filters = Filters::parse(words, kPruneFilters);
  const auto containers = containers_in_use_check(engine);
  std::vector<std::string> removed;
  for (const auto& name : engine.networks.list()) {
    if (is_builtin(name) || !users_of(containers, name).empty()) continue;
    if (!matches(filters, engine.networks.get(name), 0)) continue;
    remove_network(engine, name, false);
    removed.push_back(name);
  }
  return removed;
}

}  // namespace lichen::engine
