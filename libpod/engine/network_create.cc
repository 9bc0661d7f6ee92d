// network create: what is asked for, checked, and completed with free addresses.
#include <algorithm>
#include <bit>
#include <charconv>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/networks.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
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
  if (request.driver.empty() || request.driver == "bridge") return;
  if (request.driver == "macvlan" || request.driver == "ipvlan")
    throw Error(ErrorKind::unsupported,
                format("create network '{}': {} gives a host's own link to containers, which takes root", request.name,
                       request.driver))
        .with_hint("use the driver bridge, or --network pasta for the host's own addresses");
  throw Error(ErrorKind::unsupported,
              format("create network '{}': there is no network driver '{}'", request.name, request.driver))
      .with_hint("lichen has the driver bridge");
}

std::optional<std::uint32_t> parse_hex(const std::string& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

// The host's own networks: a container that cannot reach the office's printer has a network on top of it.
std::vector<spec::IpNetwork> host_networks() {
  std::vector<spec::IpNetwork> found{*spec::IpNetwork::parse("10.0.2.0/24")};  // slirp4netns' own
  const auto table = sys::read_file_if_exists("/proc/net/route", 1 << 20).value_or("");
  for (const auto& line : split(table, '\n')) {
    const auto words = split(line, '\t');
    if (words.size() < 8) continue;
    // Addresses in hex, in the machine's byte order (net/ipv4/fib_trie.c, fib_route_seq_show).
    const auto base = parse_hex(words[1]), mask = parse_hex(words[7]);
    if (!base || !mask || *mask == 0) continue;
    spec::IpNetwork network;
    for (unsigned i = 0; i < 4; ++i) network.base.bytes[12 + i] = static_cast<std::uint8_t>(*base >> (8 * i));
    network.prefix = static_cast<unsigned>(std::popcount(*mask));
    found.push_back(network);
  }
  return found;
}

std::vector<spec::IpNetwork> used_networks(const Engine& engine) {
  std::vector<spec::IpNetwork> used;
  for (const auto& name : engine.networks.list())
    for (const auto& subnet : engine.networks.get(name).subnets) used.push_back(subnet.subnet);
  return used;
}

spec::SubnetConfig read_subnet(const NetworkRequest& request, const std::string& text) {
  const auto subnet = spec::IpNetwork::parse(text);
  if (!subnet) refuse(request, format("--subnet '{}' is not a network", text), "write it like 10.89.0.0/24");
  if (subnet->host_bits() < 2)
    refuse(request, format("--subnet '{}' has no room for containers", text), "use a smaller prefix");
  return {*subnet, spec::default_gateway(*subnet), *subnet};
}

template <typename Set>
void for_subnet_of(const NetworkRequest& request, spec::NetworkRecord& record, std::string_view flag,
                   const std::string& text, const spec::IpAddress& address, Set set) {
  for (auto& subnet : record.subnets)
    if (subnet.subnet.contains(address)) return set(subnet);
  refuse(request, format("--{} '{}' is in none of its subnets", flag, text),
         record.subnets.empty() ? "give --subnet too" : "give an address of the --subnet");
}

void place(const NetworkRequest& request, spec::NetworkRecord& record) {
  for (const auto& text : request.subnets) record.subnets.push_back(read_subnet(request, text));
  for (const auto& text : request.gateways) {
    const auto address = spec::IpAddress::parse(text);
    if (!address) refuse(request, format("--gateway '{}' is not an address", text), "write it like 10.89.0.1");
    for_subnet_of(request, record, "gateway", text, *address, [&](auto& subnet) {
      if (!subnet.subnet.is_usable(*address))
        refuse(request, format("--gateway '{}' is no host's address", text), "choose another one of the subnet");
      subnet.gateway = *address;
    });
  }
  for (const auto& text : request.ranges) {
    const auto range = spec::IpNetwork::parse(text);
    if (!range) refuse(request, format("--ip-range '{}' is not a network", text), "write it like 10.89.0.128/25");
    for_subnet_of(request, record, "ip-range", text, range->base, [&](auto& subnet) {
      if (!subnet.subnet.contains(*range))
        refuse(request, format("--ip-range '{}' is larger than the subnet", text), "choose a part of the subnet");
      subnet.range = *range;
    });
  }
}

void check_free(const Engine& engine, const NetworkRequest& request, const spec::NetworkRecord& record) {
  for (const auto& name : engine.networks.list())
    for (const auto& other : engine.networks.get(name).subnets)
      for (const auto& subnet : record.subnets)
        if (subnet.subnet.overlaps(other.subnet))
          throw Error(ErrorKind::conflict, format("create network '{}': {} overlaps {} of network '{}'", request.name,
                                                  subnet.subnet.text(), other.subnet.text(), name))
              .with_hint("choose another --subnet, or none: a free one is found");
}

void complete(const Engine& engine, const NetworkRequest& request, spec::NetworkRecord& record) {
  const auto has = [&](bool v6) {
    return std::ranges::any_of(record.subnets, [&](const auto& subnet) { return subnet.subnet.base.v6 == v6; });
  };
  if (!has(false) && (!has(true) || request.ipv6)) {
    auto used = used_networks(engine);
    for (const auto& network : host_networks()) used.push_back(network);
    const auto free = spec::next_free_network(spec::default_pools4(), used);
    if (!free)
      throw Error(ErrorKind::conflict, format("create network '{}': all address pools are used up", request.name))
          .with_hint("give --subnet, or remove networks: lichen network prune");
    record.subnets.insert(record.subnets.begin(), {*free, spec::default_gateway(*free), *free});
  }
  if (request.ipv6 && !has(true)) {
    const auto local = spec::unique_local_network(record.id);
    record.subnets.push_back({local, spec::default_gateway(local), local});
  }
  record.ipv6 = has(true);
}

void read_options(const NetworkRequest& request, spec::NetworkRecord& record) {
  for (const auto& [name, value] : request.options) {
    if (name == "mtu" || name == "com.docker.network.driver.mtu") {
      const auto mtu = parse_uint(value);
      if (!mtu || *mtu < 68 || *mtu > 65535)
        refuse(request, format("mtu '{}' is not a number from 68 to 65535", value), "1500 is usual");
      record.mtu = static_cast<std::uint32_t>(*mtu);
    } else if (name == "com.docker.network.bridge.name") {
      record.interface = value;
    } else if (name == "isolate" || name.starts_with("com.docker.network.bridge.")) {
      // Networks are isolated from each other whatever it says; the others describe docker's own daemon.
      if (name == "isolate" && !parse_bool(value))
        refuse(request, format("isolate '{}' is not true or false", value), "networks are isolated anyway");
    } else {
      refuse(request, format("there is no option '{}'", name), "the driver bridge has mtu and isolate");
    }
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
  place(request, record);
  sys::make_directories(engine.paths.networks(), 0700);
  // Two that are made at once must not choose the same addresses.
  const auto lock = sys::wait_lock(engine.paths.networks(), sys::LockMode::exclusive, kLockTimeout);
  if (engine.networks.has(request.name)) {
    if (request.ignore) return engine.networks.get(request.name).id;
    throw Error(ErrorKind::conflict, format("create network '{}': the name is taken", request.name))
        .with_hint("--ignore uses the one that is there");
  }
  check_free(engine, request, record);
  complete(engine, request, record);
  engine.networks.create(record);
  append_event(
      engine,
      {.type = "network", .action = "create", .id = record.id, .name = record.name, .image = {}, .attributes = {}});
  return record.id;
}

}  // namespace lichen::engine
