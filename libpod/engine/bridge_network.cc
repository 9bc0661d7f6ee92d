#include "libpod/engine/bridge_network.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/hub_client.hh"
#include "libpod/network/bridge.hh"

namespace lichen::engine {
namespace {

std::vector<std::string> names_of(const spec::ContainerConfig& config, const spec::NetworkEndpoint& wanted) {
  std::vector<std::string> names{config.name, short_id(config.id)};
  for (const auto& alias : wanted.aliases) names.push_back(alias);
  if (!config.hostname.empty() && config.hostname != config.name) names.push_back(config.hostname);
  return names;
}

std::optional<spec::IpAddress> wanted_address(const spec::NetworkEndpoint& wanted, bool v6) {
  const std::string& text = v6 ? wanted.ip6 : wanted.ip;
  return text.empty() ? std::nullopt : spec::IpAddress::parse(text);
}

// One address in each subnet of the network, as podman gives them; a wanted one counts for the subnet that holds it.
// @throws Error{usage} none does
void check_wanted(const spec::NetworkRecord& record, const spec::NetworkEndpoint& wanted) {
  for (const bool v6 : {false, true}) {
    const auto address = wanted_address(wanted, v6);
    if (!address) continue;
    std::vector<std::string> subnets;
    bool held = false;
    for (const auto& subnet : record.subnets) {
      held = held || subnet.subnet.contains(*address);
      if (subnet.subnet.base.v6 == v6) subnets.push_back(subnet.subnet.text());
    }
    if (held) continue;
    if (subnets.empty())
      throw Error(ErrorKind::usage, format("network '{}' has no IPv{} subnet: address {} cannot be given", record.name,
                                           v6 ? 6 : 4, address->text()))
          .with_hint("make a network with --subnet, or leave the address out");
    throw Error(ErrorKind::usage, format("address {} cannot be used in network '{}'", address->text(), record.name))
        .with_hint("choose one of " + join(subnets, ", "));
  }
}

// What may change while the container runs.
void describe(wire::HubEndpoint& endpoint, const spec::ContainerConfig& config, const spec::NetworkEndpoint& wanted,
              const spec::NetworkRecord& record) {
  endpoint.dns = record.dns;
  endpoint.dns_servers = record.dns_servers;
  endpoint.names = names_of(config, wanted);
}

wire::HubEndpoint make_endpoint(Engine& engine, const spec::ContainerConfig& config,
                                const spec::NetworkEndpoint& wanted, std::size_t number) {
  const auto record = engine.networks.get(engine.networks.find(wanted.network));
  const auto is_alive = [&](const std::string& id) {
    return engine.containers.has(id) || sys::is_locked(engine.paths.container_marker(id));
  };
  wire::HubEndpoint endpoint;
  endpoint.network = record.name;
  endpoint.bridge = record.interface;
  endpoint.outer_link = network::make_outer_link_name();
  endpoint.inner_link = wanted.interface.empty() ? format("eth{}", number) : wanted.interface;
  endpoint.mtu = record.mtu;
  endpoint.internal = record.internal;
  endpoint.mac = wanted.mac;
  endpoint.gateway_priority = wanted.gateway_priority;
  describe(endpoint, config, wanted, record);
  for (const auto& route : record.routes)
    endpoint.routes.push_back({route.destination.text(), route.gateway.text(), route.metric});
  check_wanted(record, wanted);
  for (const bool v6 : {false, true})
    for (const auto& subnet : record.subnets) {
      if (subnet.subnet.base.v6 != v6) continue;
      auto address = wanted_address(wanted, v6);
      if (address && !subnet.subnet.contains(*address)) address.reset();
      address = engine.networks.lease(record.name, subnet, config.id, address, is_alive);
      endpoint.subnets.push_back({address->text(), subnet.gateway.text(), subnet.subnet.prefix});
      if (endpoint.mac.empty()) endpoint.mac = spec::mac_of(*address);
    }
  return endpoint;
}

}  // namespace

std::vector<wire::HubEndpoint> lease_endpoints(Engine& engine, const spec::ContainerConfig& config) {
  std::vector<wire::HubEndpoint> endpoints;
  for (const auto& wanted : config.network.endpoints)
    endpoints.push_back(make_endpoint(engine, config, wanted, endpoints.size()));
  return endpoints;
}

wire::HubEndpoint lease_endpoint(Engine& engine, const spec::ContainerConfig& config,
                                 const spec::NetworkEndpoint& wanted, const wire::HubMember& member) {
  std::size_t number = 0;
  const auto is_taken = [&] {
    return std::ranges::any_of(member.endpoints,
                               [&](const auto& at) { return at.inner_link == format("eth{}", number); });
  };
  while (is_taken()) ++number;
  return make_endpoint(engine, config, wanted, number);
}

bool refresh_member(Engine& engine, const spec::ContainerConfig& config) {
  auto member = find_hub_member(engine, config.id);
  if (!member) return false;
  for (auto& endpoint : member->endpoints)
    for (const auto& wanted : config.network.endpoints)
      if (wanted.network == endpoint.network) describe(endpoint, config, wanted, engine.networks.get(endpoint.network));
  engine.enter_userns();
  const HubConnection hub = connect_hub(engine);
  hub.announce(*member);
  hub.await();
  return true;
}

void release_endpoints(const Engine& engine, const spec::ContainerConfig& config) {
  for (const auto& endpoint : config.network.endpoints) try {
      engine.networks.release(engine.networks.find(endpoint.network), config.id);
    } catch (const Error& error) {
      log_debug("{}", error.what());  // the network is gone, and its leases with it
    }
}

std::vector<std::string> lease_paths(const Engine& engine, const std::vector<wire::HubEndpoint>& endpoints) {
  std::vector<std::string> paths;
  for (const auto& endpoint : endpoints)
    for (const auto& subnet : endpoint.subnets)
      paths.push_back(engine.networks.lease_path(endpoint.network, subnet.address));
  return paths;
}

}  // namespace lichen::engine
