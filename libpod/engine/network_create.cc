// network create: what is asked for, checked, and completed with free addresses.
#include <algorithm>
#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/network_pools.hh"
#include "libpod/engine/networks.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/lock.hh"

namespace lichen::engine {
namespace {

constexpr std::chrono::seconds kLockTimeout{10};
constexpr std::string_view kReserved[] = {"bridge",      "host",  "none",    "container", "ns",
                                          "slirp4netns", "pasta", "default", "private"};

[[noreturn]] void refuse(const NetworkRequest& request, std::string_view cause, std::string_view hint) {
  throw Error(ErrorKind::usage, format("create network '{}': {}", request.name, cause)).with_hint(std::string(hint));
}

void check_name(const NetworkRequest& request) {
  if (!is_valid_name(request.name))
    refuse(request, "not a valid name",
           "names are letters, digits, '_', '.' and '-', and begin with a letter or digit");
  for (const auto reserved : kReserved)
    if (request.name == reserved) refuse(request, "the name means something else for --network", "choose another name");
}

void check_driver(const NetworkRequest& request) {
  const std::string& driver = request.driver;
  if (driver.empty() || driver == "bridge") return;
  if (driver == "macvlan" || driver == "ipvlan")
    throw Error(ErrorKind::unsupported,
                format("create network '{}': {} puts containers on a link of the host's, and only the host's "
                       "administrator may give that away",
                       request.name, driver))
        .with_hint("run with --network pasta for the host's own addresses, or use the driver bridge and -p");
  if (driver == "host" || driver == "none" || driver == "null") {
    const std::string name = driver == "host" ? "host" : "none";
    throw Error(
        ErrorKind::conflict,
        format("create network '{}': there is one network '{}', and no second one can be made", request.name, name))
        .with_hint(format("run with --network {}", name));
  }
  throw Error(ErrorKind::unsupported,
              format("create network '{}': there is no network driver '{}'", request.name, driver))
      .with_hint("lichen has the driver bridge");
}

// Those of docker and podman that we do anyway are taken, for scripts that give them.
void check_words(const NetworkRequest& request) {
  if (!request.ipam_driver.empty() && request.ipam_driver != "host-local" && request.ipam_driver != "default")
    throw Error(ErrorKind::unsupported,
                format("create network '{}': there is no IPAM driver '{}'", request.name, request.ipam_driver))
        .with_hint("lichen gives addresses itself, as 'host-local' and 'default' do: leave --ipam-driver out");
  if (!request.scope.empty() && request.scope != "local")
    throw Error(ErrorKind::unsupported,
                format("create network '{}': scope '{}' needs a cluster", request.name, request.scope))
        .with_hint("lichen's networks have the scope local");
  if (!request.ipv4 && !request.ipv6)
    refuse(request, "neither IPv4 nor IPv6 is wanted", "give --ipv6, or leave --ipv4=false out");
  if (request.disable_dns && !request.dns_servers.empty())
    refuse(request, "--dns and --disable-dns exclude each other", "give one of them");
}

spec::SubnetConfig read_subnet(const NetworkRequest& request, const std::string& text) {
  const auto subnet = spec::IpNetwork::parse(text);
  if (!subnet) refuse(request, format("--subnet '{}' is not a network", text), "write it like 10.89.0.0/24");
  if (subnet->host_bits() < 2)
    refuse(request, format("--subnet '{}' has no room for containers", text), "use a smaller prefix");
  return {*subnet, spec::default_gateway(*subnet), *subnet};
}

spec::SubnetConfig& subnet_of(const NetworkRequest& request, spec::NetworkRecord& record, std::string_view flag,
                              const std::string& text, const spec::IpAddress& address) {
  for (auto& subnet : record.subnets)
    if (subnet.subnet.contains(address)) return subnet;
  refuse(request, format("--{} '{}' is in none of its subnets", flag, text),
         record.subnets.empty() ? "give --subnet too" : "give an address of the --subnet");
}

void place_gateways(const NetworkRequest& request, spec::NetworkRecord& record) {
  std::set<std::string> given;
  for (const auto& text : request.gateways) {
    const auto address = spec::IpAddress::parse(text);
    if (!address) refuse(request, format("--gateway '{}' is not an address", text), "write it like 10.89.0.1");
    auto& subnet = subnet_of(request, record, "gateway", text, *address);
    if (!subnet.subnet.is_usable(*address))
      refuse(request, format("--gateway '{}' is no host's address", text), "choose another one of the subnet");
    if (!given.insert(subnet.subnet.text()).second)
      refuse(request, format("--gateway '{}': subnet {} has one already", text, subnet.subnet.text()),
             "give one for each --subnet");
    subnet.gateway = *address;
  }
}

void place_ranges(const NetworkRequest& request, spec::NetworkRecord& record) {
  std::set<std::string> given;
  for (const auto& text : request.ranges) {
    const auto range = spec::IpNetwork::parse(text);
    if (!range) refuse(request, format("--ip-range '{}' is not a network", text), "write it like 10.89.0.128/25");
    auto& subnet = subnet_of(request, record, "ip-range", text, range->base);
    if (!subnet.subnet.contains(*range))
      refuse(request, format("--ip-range '{}' is larger than the subnet", text), "choose a part of the subnet");
    if (!given.insert(subnet.subnet.text()).second)
      refuse(request, format("--ip-range '{}': subnet {} has one already", text, subnet.subnet.text()),
             "give one for each --subnet");
    subnet.range = *range;
  }
}

void place_reserved(const NetworkRequest& request, spec::NetworkRecord& record) {
  for (const auto& [name, text] : request.reserved) {
    const auto address = spec::IpAddress::parse(text);
    if (name.empty() || !address)
      refuse(request, format("--aux-address '{}={}' is not NAME=ADDRESS", name, text),
             "write it like --aux-address printer=10.89.0.5");
    auto& subnet = subnet_of(request, record, "aux-address", text, *address);
    if (!subnet.subnet.is_usable(*address) || *address == subnet.gateway)
      refuse(request, format("--aux-address '{}' is no host's address, or the gateway's", text), "choose another one");
    subnet.reserved.emplace(name, *address);
  }
}

void place_routes(const NetworkRequest& request, spec::NetworkRecord& record) {
  for (const auto& text : request.routes) {
    const auto route = spec::NetworkRoute::parse(text);
    if (!route)
      refuse(request, format("--route '{}' is not DESTINATION,GATEWAY[,METRIC]", text),
             "write it like 10.20.0.0/16,10.89.0.254");
    // The kernel takes only gateways that are neighbours: better said now than at each start.
    if (!record.subnets.empty()) subnet_of(request, record, "route", text, route->gateway);
    record.routes.push_back(*route);
  }
}

[[noreturn]] void refuse_overlap(const NetworkRequest& request, const spec::IpNetwork& subnet,
                                 const std::string& other) {
  throw Error(ErrorKind::conflict, format("create network '{}': {} overlaps {}", request.name, subnet.text(), other))
      .with_hint("choose another --subnet, or none: a free one is found");
}

void check_free(const Engine& engine, const NetworkRequest& request, const spec::NetworkRecord& record) {
  for (std::size_t i = 0; i < record.subnets.size(); ++i) {
    const auto& subnet = record.subnets[i].subnet;
    for (std::size_t j = 0; j < i; ++j)
      if (subnet.overlaps(record.subnets[j].subnet))
        refuse_overlap(request, subnet, format("its own {}", record.subnets[j].subnet.text()));
    for (const auto& hub : hub_networks())
      if (subnet.overlaps(hub)) refuse_overlap(request, subnet, format("{}, the way out of all networks", hub.text()));
    for (const auto& name : engine.networks.list())
      for (const auto& other : engine.networks.get(name).subnets)
        if (subnet.overlaps(other.subnet))
          refuse_overlap(request, subnet, format("{} of network '{}'", other.subnet.text(), name));
  }
}

// Two networks on one bridge would be one: nothing would keep their containers apart.
void check_bridge(const Engine& engine, const NetworkRequest& request, const spec::NetworkRecord& record) {
  for (const auto& name : engine.networks.list())
    if (engine.networks.get(name).interface == record.interface)
      throw Error(ErrorKind::conflict, format("create network '{}': the bridge '{}' is that of network '{}'",
                                              request.name, record.interface, name))
          .with_hint("choose another name for the bridge, or none");
}

spec::SubnetConfig free_subnet(const Engine& engine, const NetworkRequest& request, bool v6,
                               const std::string& seed) try {
  const auto network = choose_network(engine, v6, seed);
  return {network, spec::default_gateway(network), network};
} catch (Error& error) {
  error.add_context(format("create network '{}'", request.name));
  throw;
}

void complete(const Engine& engine, const NetworkRequest& request, spec::NetworkRecord& record) {
  const auto has = [&](bool v6) {
    return std::ranges::any_of(record.subnets, [&](const auto& subnet) { return subnet.subnet.base.v6 == v6; });
  };
  if (!request.ipv4 && has(false))
    refuse(request, "--ipv4=false, and a --subnet is one of IPv4", "leave one of them out");
  if (request.ipv4 && !has(false) && (!has(true) || request.ipv6))
    record.subnets.insert(record.subnets.begin(), free_subnet(engine, request, false, record.id));
  if (request.ipv6 && !has(true)) record.subnets.push_back(free_subnet(engine, request, true, record.id));
  record.ipv6 = has(true);
  for (const auto& route : record.routes) subnet_of(request, record, "route", route.gateway.text(), route.gateway);
}

void set_mtu(const NetworkRequest& request, spec::NetworkRecord& record, const std::string& value) {
  const auto mtu = parse_uint(value);
  if (!mtu || *mtu < 68 || *mtu > 65535)
    refuse(request, format("mtu '{}' is not a number from 68 to 65535", value), "without the option it is 65520");
  record.mtu = static_cast<std::uint32_t>(*mtu);
}

// Options that say what is so anyway: taken with these values only.
struct FixedOption {
  std::string_view name, values, because;
};
constexpr FixedOption kFixedOptions[] = {
    {"isolate", "true|strict", "networks are always isolated from each other"},
    {"com.docker.network.bridge.enable_icc", "true", "containers of one network always reach each other"},
    {"com.docker.network.bridge.enable_ip_masquerade", "true", "the way out always hides containers' addresses"},
    {"com.docker.network.bridge.gateway_mode_ipv4", "nat", "the way out always hides containers' addresses"},
    {"com.docker.network.bridge.gateway_mode_ipv6", "nat", "the way out always hides containers' addresses"},
    {"com.docker.network.bridge.host_binding_ipv4", "0.0.0.0",
     "ports are published on all addresses, or on that of -p"},
    {"com.docker.network.bridge.default_bridge", "false", "the default network is always there"},
};

void check_fixed_option(const NetworkRequest& request, const std::string& name, const std::string& value) {
  if (name == "vlan" || name == "parent")
    throw Error(
        ErrorKind::unsupported,
        format("create network '{}': --opt {} names a link of the host's, and only the host's administrator may "
               "give that away",
               request.name, name))
        .with_hint("run with --network pasta for the host's own addresses");
  const auto found = std::ranges::find(kFixedOptions, name, &FixedOption::name);
  if (found == std::end(kFixedOptions))
    refuse(request, format("there is no option '{}'", name),
           "the driver bridge has mtu, isolate and docker's names for them");
  const auto boolean = parse_bool(value);
  for (const auto& allowed : split(found->values, '|'))
    if (value == allowed || (boolean && parse_bool(allowed) == boolean)) return;
  throw Error(ErrorKind::unsupported,
              format("create network '{}': option {}={} cannot be had: {}", request.name, name, value, found->because))
      .with_hint("leave the option out");
}

void read_options(const NetworkRequest& request, spec::NetworkRecord& record) {
  for (const auto& [name, value] : request.options) {
    if (name == "mtu" || name == "com.docker.network.driver.mtu")
      set_mtu(request, record, value);
    else if (name == "com.docker.network.bridge.name")
      record.interface = value;
    else
      check_fixed_option(request, name, value);
  }
  if (!request.interface.empty()) record.interface = request.interface;
  if (record.interface.size() > 15 || record.interface.find_first_of("/ \t\"{}") != std::string::npos ||
      record.interface == "lo" || record.interface == "tap0" || record.interface.starts_with("lcv"))
    refuse(request, format("'{}' cannot be the name of a bridge", record.interface), "at most 15 letters and digits");
}

}  // namespace

std::string create_network(Engine& engine, const NetworkRequest& request) {
  check_name(request);
  check_driver(request);
  check_words(request);
  spec::NetworkRecord record;
  record.id = random_id();
  record.name = request.name;
  record.created = to_rfc3339(now());
  record.interface = "br-" + short_id(record.id);
  record.internal = request.internal;
  record.dns = !request.disable_dns;
  record.labels = request.labels;
  record.options = request.options;
  read_options(request, record);
  for (const auto& server : request.dns_servers) {
    if (!spec::IpAddress::parse(server))
      refuse(request, format("--dns '{}' is not an address", server), "write it like 192.0.2.53");
    record.dns_servers.push_back(server);
  }
  for (const auto& text : request.subnets) record.subnets.push_back(read_subnet(request, text));
  place_gateways(request, record);
  place_ranges(request, record);
  place_reserved(request, record);
  place_routes(request, record);
  sys::make_directories(engine.paths.networks(), 0700);
  // Two that are made at once must not choose the same addresses.
  const auto lock = sys::wait_lock(engine.paths.networks(), sys::LockMode::exclusive, kLockTimeout);
  if (engine.networks.has(request.name)) {
    if (request.ignore) return engine.networks.get(request.name).id;
    throw Error(ErrorKind::conflict, format("create network '{}': the name is taken", request.name))
        .with_hint("--ignore uses the one that is there");
  }
  check_free(engine, request, record);
  check_bridge(engine, request, record);
  complete(engine, request, record);
  engine.networks.create(record);
  append_event(
      engine,
      {.type = "network", .action = "create", .id = record.id, .name = record.name, .image = {}, .attributes = {}});
  return record.id;
}

}  // namespace lichen::engine
