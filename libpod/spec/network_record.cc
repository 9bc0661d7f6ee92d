#include "libpod/spec/network_record.hh"

#include <limits>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"

namespace lichen::spec {
namespace {

constexpr std::int64_t kVersion = 1;

IpNetwork read_network(const JsonView& view) {
  const auto network = IpNetwork::parse(view.as_string());
  if (!network) throw_error(ErrorKind::invalid, "{}: '{}' is no network", view.path(), view.as_string());
  return *network;
}

IpAddress read_address(const JsonView& view) {
  const auto address = IpAddress::parse(view.as_string());
  if (!address) throw_error(ErrorKind::invalid, "{}: '{}' is no address", view.path(), view.as_string());
  return *address;
}

Json subnet_json(const SubnetConfig& subnet) {
  Json json{{"subnet", subnet.subnet.text()}, {"gateway", subnet.gateway.text()}, {"range", subnet.range.text()}};
  json["reserved"] = Json::object();
  for (const auto& [name, address] : subnet.reserved) json["reserved"][name] = address.text();
  return json;
}

SubnetConfig read_subnet(const JsonView& in) {
  SubnetConfig subnet{read_network(in.at("subnet")), read_address(in.at("gateway")), read_network(in.at("range"))};
  if (in.has("reserved"))
    for (const auto& [name, address] : in.at("reserved").as_object())
      subnet.reserved.emplace(name, read_address(address));
  return subnet;
}

}  // namespace

std::optional<NetworkRoute> NetworkRoute::parse(std::string_view text) {
  const auto words = split(text, ',');
  if (words.size() < 2 || words.size() > 3) return std::nullopt;
  const auto destination = IpNetwork::parse(words[0]);
  const auto gateway = IpAddress::parse(words[1]);
  const auto metric = words.size() == 3 ? parse_uint(words[2]) : std::optional<std::uint64_t>(0);
  if (!destination || !gateway || !metric || *metric > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  if (destination->base.v6 != gateway->v6) return std::nullopt;
  return NetworkRoute{*destination, *gateway, static_cast<std::uint32_t>(*metric)};
}

Json to_json(const NetworkRecord& record) {
  Json json;
  json["version"] = kVersion;
  json["id"] = record.id;
  json["name"] = record.name;
  json["driver"] = record.driver;
  json["created"] = record.created;
  json["network_interface"] = record.interface;
  json["subnets"] = Json::array();
  for (const auto& subnet : record.subnets) json["subnets"].push_back(subnet_json(subnet));
  json["ipv6_enabled"] = record.ipv6;
  json["internal"] = record.internal;
  json["dns_enabled"] = record.dns;
  json["mtu"] = record.mtu;
  json["network_dns_servers"] = record.dns_servers;
  json["routes"] = Json::array();
  for (const auto& route : record.routes)
    json["routes"].push_back(
        {{"destination", route.destination.text()}, {"gateway", route.gateway.text()}, {"metric", route.metric}});
  json["labels"] = record.labels;
  json["options"] = record.options;
  return json;
}

NetworkRecord network_record_from_json(const Json& json, std::string_view what) {
  const JsonView in(json, std::string(what) + ":");
  if (in.at("version").as_int() != kVersion)
    throw_error(ErrorKind::invalid, "{}: version {} is not known", what, in.at("version").as_int());
  NetworkRecord record;
  record.id = in.at("id").as_string();
  record.name = in.at("name").as_string();
  record.driver = in.at("driver").as_string();
  record.created = in.get_string("created");
  record.interface = in.at("network_interface").as_string();
  for (const auto& item : in.at("subnets").as_array()) record.subnets.push_back(read_subnet(item));
  record.ipv6 = in.get_bool("ipv6_enabled");
  record.internal = in.get_bool("internal");
  record.dns = in.get_bool("dns_enabled");
  record.mtu = static_cast<std::uint32_t>(in.at("mtu").as_int());
  record.dns_servers = in.at("network_dns_servers").as_strings();
  for (const auto& item : in.at("routes").as_array())
    record.routes.push_back({read_network(item.at("destination")), read_address(item.at("gateway")),
                             static_cast<std::uint32_t>(item.get_int("metric"))});
  record.labels = in.at("labels").as_string_map();
  record.options = in.at("options").as_string_map();
  return record;
}

IpAddress default_gateway(const IpNetwork& subnet) { return subnet.base.plus(subnet.host_bits() < 2 ? 0 : 1); }

NetworkRecord default_network() {
  NetworkRecord record;
  // Fixed: there is one for each user, and nobody makes it.
  record.id = "2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9";
  record.name = kDefaultNetwork;
  record.interface = "lichen0";
  const auto subnet = *IpNetwork::parse("172.17.0.0/16");
  record.subnets = {{subnet, default_gateway(subnet), subnet}};
  return record;
}

}  // namespace lichen::spec
