// network inspect: docker's document, and podman's keys beside it. They differ by case, so that templates and jq
// filters written for either tool find theirs.
#include "libpod/base/error.hh"
#include "libpod/engine/hub_client.hh"
#include "libpod/engine/inspect_parts.hh"
#include "libpod/engine/network_users.hh"
#include "libpod/engine/networks.hh"

namespace lichen::engine {
namespace {

Json docker_subnet(const spec::SubnetConfig& subnet) {
  Json config{{"Subnet", subnet.subnet.text()}};
  if (subnet.range != subnet.subnet) config["IPRange"] = subnet.range.text();
  config["Gateway"] = subnet.gateway.text();
  for (const auto& [name, address] : subnet.reserved) config["AuxiliaryAddresses"][name] = address.text();
  return config;
}

Json podman_subnet(const spec::SubnetConfig& subnet) {
  Json config{{"subnet", subnet.subnet.text()}, {"gateway", subnet.gateway.text()}};
  if (subnet.range != subnet.subnet)
    config["lease_range"] = {{"start_ip", subnet.range.base.text()}, {"end_ip", subnet.range.last().text()}};
  return config;
}

Json docker_member(const ContainerSummary& container, const wire::HubEndpoint& endpoint) {
  Json out;
  out["Name"] = container.config.name;
  out["EndpointID"] = container.config.id;
  out["MacAddress"] = endpoint.mac;
  out["IPv4Address"] = out["IPv6Address"] = "";
  for (const auto& subnet : endpoint.subnets) {
    Json& address = out[subnet.address.find(':') == std::string::npos ? "IPv4Address" : "IPv6Address"];
    if (address == "") address = format("{}/{}", subnet.address, subnet.prefix);  // of several the first
  }
  return out;
}

Json podman_member(const ContainerSummary& container, const wire::HubEndpoint& endpoint) {
  Json place{{"subnets", Json::array()}, {"mac_address", endpoint.mac}};
  for (const auto& subnet : endpoint.subnets)
    place["subnets"].push_back(
        {{"ipnet", format("{}/{}", subnet.address, subnet.prefix)}, {"gateway", subnet.gateway}});
  return {{"name", container.config.name}, {"interfaces", {{endpoint.inner_link, std::move(place)}}}};
}

void add_docker_keys(const spec::NetworkRecord& network, Json& out) {
  bool v4 = network.subnets.empty();
  for (const auto& subnet : network.subnets) v4 = v4 || !subnet.subnet.base.v6;
  out["Name"] = network.name;
  out["Id"] = network.id;
  out["Created"] = network.created;
  out["Scope"] = "local";
  out["Driver"] = network.driver;
  out["EnableIPv4"] = v4;
  out["EnableIPv6"] = network.ipv6;
  out["IPAM"] = {{"Driver", "default"}, {"Options", nullptr}, {"Config", Json::array()}};
  for (const auto& subnet : network.subnets) out["IPAM"]["Config"].push_back(docker_subnet(subnet));
  out["Internal"] = network.internal;
  out["Attachable"] = false;
  out["Ingress"] = false;
  out["ConfigFrom"] = {{"Network", ""}};
  out["ConfigOnly"] = false;
  out["Containers"] = Json::object();
  out["Options"] = string_map(network.options);
  out["Labels"] = string_map(network.labels);
}

void add_podman_keys(const spec::NetworkRecord& network, Json& out) {
  out["name"] = network.name;
  out["id"] = network.id;
  out["driver"] = network.driver;
  out["network_interface"] = network.interface;
  out["created"] = network.created;
  out["subnets"] = Json::array();
  for (const auto& subnet : network.subnets) out["subnets"].push_back(podman_subnet(subnet));
  out["routes"] = Json::array();
  for (const auto& route : network.routes) {
    Json object{{"destination", route.destination.text()}, {"gateway", route.gateway.text()}};
    if (route.metric != 0) object["metric"] = route.metric;
    out["routes"].push_back(std::move(object));
  }
  out["ipv6_enabled"] = network.ipv6;
  out["internal"] = network.internal;
  out["dns_enabled"] = network.dns;
  out["network_dns_servers"] = network.dns_servers;
  out["labels"] = string_map(network.labels);
  out["options"] = string_map(network.options);
  out["ipam_options"] = {{"driver", network.subnets.empty() ? "none" : "host-local"}};
  out["containers"] = Json::object();
}

}  // namespace

Json inspect_network(Engine& engine, const std::string& name_or_id) {
  const auto network = find_network(engine, name_or_id);
  Json out;
  add_docker_keys(network, out);
  add_podman_keys(network, out);
  const auto containers = containers_in_use_check(engine);
  for (const auto* user : users_of(containers, network.name)) {
    const auto member = is_active(*user) ? find_hub_member(engine, user->config.id) : std::nullopt;
    if (!member) continue;
    for (const auto& endpoint : member->endpoints) {
      if (endpoint.network != network.name) continue;
      out["Containers"][user->config.id] = docker_member(*user, endpoint);
      out["containers"][user->config.id] = podman_member(*user, endpoint);
    }
  }
  return out;
}

}  // namespace lichen::engine
