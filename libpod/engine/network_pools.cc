#include "libpod/engine/network_pools.hh"

#include <bit>
#include <charconv>

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/io.hh"

namespace lichen::engine {
namespace {

constexpr std::size_t kMaxTable = 4 << 20;
constexpr int kMaxTries = 1000;

std::optional<std::uint32_t> parse_hex(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

// 32 digits in network order (net/ipv6/route.c, rt6_info_route).
std::optional<spec::IpAddress> parse_address6(std::string_view digits) {
  if (digits.size() != 32) return std::nullopt;
  spec::IpAddress address{true, {}};
  for (std::size_t i = 0; i < address.bytes.size(); ++i) {
    const auto byte = parse_hex(digits.substr(2 * i, 2));
    if (!byte) return std::nullopt;
    address.bytes[i] = static_cast<std::uint8_t>(*byte);
  }
  return address;
}

std::vector<spec::IpNetwork> used_networks(const Engine& engine) {
  auto used = hub_networks();
  for (const auto& name : engine.networks.list()) try {
      for (const auto& subnet : engine.networks.get(name).subnets) used.push_back(subnet.subnet);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) throw;  // it was removed a moment ago
    }
  return used;
}

// The host's own networks: a container that cannot reach the office's printer has a network on top of it.
void add_host_networks(std::vector<spec::IpNetwork>& used) {
  for (auto& network : parse_routes4(sys::read_file_if_exists("/proc/net/route", kMaxTable).value_or("")))
    used.push_back(network);
  for (auto& network : parse_routes6(sys::read_file_if_exists("/proc/net/ipv6_route", kMaxTable).value_or("")))
    used.push_back(network);
}

std::optional<spec::IpNetwork> free_network6(const std::string& seed, const std::vector<spec::IpNetwork>& used) {
  for (int i = 0; i < kMaxTries; ++i) {
    const auto candidate = spec::unique_local_network(i == 0 ? seed : format("{}{}", seed, i));
    if (std::ranges::none_of(used, [&](const auto& other) { return other.overlaps(candidate); })) return candidate;
  }
  return std::nullopt;
}

}  // namespace

std::vector<spec::IpNetwork> parse_routes4(std::string_view table) {
  std::vector<spec::IpNetwork> found;
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

std::vector<spec::IpNetwork> parse_routes6(std::string_view table) {
  std::vector<spec::IpNetwork> found;
  for (const auto& line : split(table, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() < 2) continue;
    const auto base = parse_address6(words[0]);
    const auto prefix = parse_hex(words[1]);
    if (!base || !prefix || *prefix == 0 || *prefix > 128) continue;
    found.push_back({*base, static_cast<unsigned>(*prefix)});
  }
  return found;
}

const std::vector<spec::IpNetwork>& hub_networks() {
  // slirp4netns(1): --cidr and --enable-ipv6.
  static const std::vector<spec::IpNetwork> kNetworks{*spec::IpNetwork::parse("10.0.2.0/24"),
                                                      *spec::IpNetwork::parse("fd00::/64")};
  return kNetworks;
}

spec::IpNetwork choose_network(const Engine& engine, bool v6, const std::string& seed) {
  auto used = used_networks(engine);
  add_host_networks(used);
  const auto free = v6 ? free_network6(seed, used) : spec::next_free_network(spec::default_pools4(), used);
  if (!free)
    throw Error(ErrorKind::conflict, "all address pools are used up")
        .with_hint("give --subnet, or remove networks: lichen network prune");
  return *free;
}

}  // namespace lichen::engine
