#include "libpod/wire/hub_protocol.hh"

namespace lichen::wire {
namespace {

Json endpoint_json(const HubEndpoint& endpoint) {
  Json json{{"network", endpoint.network},       {"bridge", endpoint.bridge}, {"outer_link", endpoint.outer_link},
            {"inner_link", endpoint.inner_link}, {"mac", endpoint.mac},       {"mtu", endpoint.mtu},
            {"internal", endpoint.internal},     {"dns", endpoint.dns},       {"names", endpoint.names}};
  json["subnets"] = Json::array();
  for (const auto& subnet : endpoint.subnets)
    json["subnets"].push_back({{"address", subnet.address}, {"gateway", subnet.gateway}, {"prefix", subnet.prefix}});
  json["routes"] = Json::array();
  for (const auto& route : endpoint.routes)
    json["routes"].push_back(
        {{"destination", route.destination}, {"gateway", route.gateway}, {"metric", route.metric}});
  json["dns_servers"] = endpoint.dns_servers;
  json["gateway_priority"] = endpoint.gateway_priority;
  return json;
}

HubEndpoint endpoint_from(const JsonView& in) {
  HubEndpoint endpoint;
  endpoint.network = in.at("network").as_string();
  endpoint.bridge = in.at("bridge").as_string();
  endpoint.outer_link = in.at("outer_link").as_string();
  endpoint.inner_link = in.at("inner_link").as_string();
  endpoint.mac = in.at("mac").as_string();
  endpoint.mtu = static_cast<std::uint32_t>(in.at("mtu").as_int());
  endpoint.internal = in.get_bool("internal");
  endpoint.dns = in.get_bool("dns");
  endpoint.names = in.get_strings("names");
  for (const auto& subnet : in.at("subnets").as_array())
    endpoint.subnets.push_back({subnet.at("address").as_string(), subnet.at("gateway").as_string(),
                                static_cast<unsigned>(subnet.at("prefix").as_int())});
  // These three came later: a hub may have members of an older lichen.
  if (in.has("routes"))
    for (const auto& route : in.at("routes").as_array())
      endpoint.routes.push_back({route.at("destination").as_string(), route.at("gateway").as_string(),
                                 static_cast<std::uint32_t>(route.at("metric").as_int())});
  endpoint.dns_servers = in.get_strings("dns_servers");
  endpoint.gateway_priority = in.get_int("gateway_priority");
  return endpoint;
}

}  // namespace

std::size_t way_out_of(const std::vector<HubEndpoint>& endpoints) {
  std::size_t best = endpoints.size();
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    if (endpoints[i].internal) continue;
    if (best == endpoints.size() || endpoints[i].gateway_priority > endpoints[best].gateway_priority) best = i;
  }
  return best;
}

Json to_json(const HubMember& member) {
  Json json{{"id", member.id}, {"pid", member.pid}, {"pid_start", member.pid_start}};
  json["endpoints"] = Json::array();
  for (const auto& endpoint : member.endpoints) json["endpoints"].push_back(endpoint_json(endpoint));
  json["ports"] = Json::array();
  for (const auto& port : member.ports)
    json["ports"].push_back({{"host_ip", port.host_ip},
                             {"host_port", port.host_port},
                             {"container_port", port.container_port},
                             {"protocol", port.protocol}});
  json["dns_servers"] = member.dns_servers;
  return json;
}

HubMember hub_member_from_json(const Json& json, std::string_view what) {
  const JsonView in(json, std::string(what) + ":");
  HubMember member;
  member.id = in.at("id").as_string();
  member.pid = in.at("pid").as_int();
  member.pid_start = in.at("pid_start").as_uint();
  for (const auto& endpoint : in.at("endpoints").as_array()) member.endpoints.push_back(endpoint_from(endpoint));
  for (const auto& port : in.at("ports").as_array())
    member.ports.push_back({port.get_string("host_ip"), static_cast<std::uint16_t>(port.at("host_port").as_int()),
                            static_cast<std::uint16_t>(port.at("container_port").as_int()),
                            port.at("protocol").as_string()});
  member.dns_servers = in.get_strings("dns_servers");
  return member;
}

}  // namespace lichen::wire
