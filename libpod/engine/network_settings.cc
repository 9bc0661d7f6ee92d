#include "libpod/engine/network_settings.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/container_status.hh"
#include "libpod/engine/hub_client.hh"
#include "libpod/engine/network_links.hh"

namespace lichen::engine {
namespace {

// The addresses of the one stack that every slirp4netns makes (slirp4netns(1), --cidr).
Json slirp_object(const spec::ContainerConfig& config, bool running) {
  const bool slirp = running && config.network.mode == "slirp4netns" && config.network.options.empty();
  Json out;
  out["IPAMConfig"] = nullptr;
  out["Links"] = nullptr;
  out["Aliases"] = nullptr;
  out["DriverOpts"] = nullptr;
  out["GwPriority"] = 0;
  out["NetworkID"] = network_names(config)[0];
  out["EndpointID"] = "";
  out["Gateway"] = slirp ? "10.0.2.2" : "";
  out["IPAddress"] = slirp ? "10.0.2.100" : "";
  out["MacAddress"] = "";
  out["IPPrefixLen"] = slirp ? 24 : 0;
  out["IPv6Gateway"] = "";
  out["GlobalIPv6Address"] = "";
  out["GlobalIPv6PrefixLen"] = 0;
  out["SecondaryIPAddresses"] = nullptr;
  out["SecondaryIPv6Addresses"] = nullptr;
  out["AdditionalMACAddresses"] = nullptr;
  out["DNSNames"] = nullptr;
  return out;
}

// The first address of each family is docker's, the others podman's "secondary" ones. PrefixLen is docker's word.
void add_address(Json& out, const wire::HubSubnet& subnet, bool leads_out) {
  const bool v6 = subnet.address.find(':') != std::string::npos;
  Json& first = out[v6 ? "GlobalIPv6Address" : "IPAddress"];
  if (first != "") {
    out[v6 ? "SecondaryIPv6Addresses" : "SecondaryIPAddresses"].push_back(
        {{"Addr", subnet.address}, {"PrefixLen", subnet.prefix}, {"PrefixLength", subnet.prefix}});
    return;
  }
  first = subnet.address;
  out[v6 ? "GlobalIPv6PrefixLen" : "IPPrefixLen"] = subnet.prefix;
  if (leads_out) out[v6 ? "IPv6Gateway" : "Gateway"] = subnet.gateway;
}

// What was asked for, and what the hub gave while it runs.
Json bridge_object(const Engine& engine, const spec::ContainerConfig& config, const spec::NetworkEndpoint& wanted,
                   const std::optional<wire::HubMember>& member) {
  Json out = slirp_object(config, false);
  if (!wanted.ip.empty() || !wanted.ip6.empty()) {
    out["IPAMConfig"] = Json::object();
    if (!wanted.ip.empty()) out["IPAMConfig"]["IPv4Address"] = wanted.ip;
    if (!wanted.ip6.empty()) out["IPAMConfig"]["IPv6Address"] = wanted.ip6;
  }
  if (!wanted.aliases.empty()) out["Aliases"] = wanted.aliases;
  if (!wanted.links.empty()) out["Links"] = link_texts(engine, wanted);
  if (!wanted.interface.empty()) out["DriverOpts"] = {{"com.docker.network.endpoint.ifname", wanted.interface}};
  out["GwPriority"] = wanted.gateway_priority;
  try {
    out["NetworkID"] = engine.networks.get(wanted.network).id;
  } catch (const Error& error) {
    log_debug("{}", error.what());  // removed by hand: its name must do
  }
  if (!member) return out;
  for (const auto& endpoint : member->endpoints) {
    if (endpoint.network != wanted.network) continue;
    out["EndpointID"] = config.id;
    out["MacAddress"] = endpoint.mac;
    out["DNSNames"] = endpoint.names;
    for (const auto& subnet : endpoint.subnets) add_address(out, subnet, !endpoint.internal);
  }
  return out;
}

Json endpoints_object(const Engine& engine, const spec::ContainerConfig& config, bool running) {
  Json out = Json::object();
  const auto member = running && !config.network.endpoints.empty() ? find_hub_member(engine, config.id) : std::nullopt;
  for (const auto& wanted : config.network.endpoints)
    out[wanted.network] = bridge_object(engine, config, wanted, member);
  if (out.empty()) out[network_names(config)[0]] = slirp_object(config, running);
  return out;
}

}  // namespace

Json network_settings_object(const Engine& engine, const spec::ContainerConfig& config,
                             const wire::ContainerState& state) {
  const bool running = wire::has_process(state.status);
  Json networks = endpoints_object(engine, config, running);
  const Json endpoint = networks.begin().value();
  Json ports = Json::object();
  for (const auto& port : ports_in_use(config, state)) {
    Json& list = ports[format("{}/{}", port.container_port, port.protocol)];
    if (port.host_port != 0)
      list.push_back(Json{{"HostIp", port.host_ip}, {"HostPort", std::to_string(port.host_port)}});
  }
  Json out;
  out["Bridge"] = "";
  out["SandboxID"] = "";
  out["SandboxKey"] = running ? format("/proc/{}/ns/net", state.pid) : "";
  out["Ports"] = std::move(ports);
  out["HairpinMode"] = false;
  out["LinkLocalIPv6Address"] = "";
  out["LinkLocalIPv6PrefixLen"] = 0;
  for (const char* name :
       {"SecondaryIPAddresses", "SecondaryIPv6Addresses", "AdditionalMACAddresses", "EndpointID", "Gateway",
        "GlobalIPv6Address", "GlobalIPv6PrefixLen", "IPAddress", "IPPrefixLen", "IPv6Gateway", "MacAddress"})
    out[name] = endpoint[name];
  out["Networks"] = std::move(networks);
  return out;
}

}  // namespace lichen::engine
