#include "libpod/spec/ip_network.hh"

#include <algorithm>

#include "libpod/base/format.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"

#include <arpa/inet.h>

namespace lichen::spec {
namespace {

constexpr unsigned kV4Offset = 12;  // where IPv4's bytes are
constexpr int kMaxCut = 1 << 16;    // networks that are tried in one pool

bool bit_at(const IpAddress& address, unsigned bit) { return ((address.bytes[bit / 8] >> (7 - bit % 8)) & 1) != 0; }

void set_bit(IpAddress& address, unsigned bit, bool value) {
  const auto mask = static_cast<std::uint8_t>(1U << (7 - bit % 8));
  auto& byte = address.bytes[bit / 8];
  byte = static_cast<std::uint8_t>(value ? byte | mask : byte & ~mask);
}

unsigned first_bit(const IpAddress& address) { return address.v6 ? 0 : kV4Offset * 8; }

// All bits behind the prefix set to `value`.
IpAddress fill(IpAddress address, unsigned prefix, bool value) {
  for (unsigned bit = first_bit(address) + prefix; bit < 128; ++bit) set_bit(address, bit, value);
  return address;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string copy(text);
  IpAddress address;
  if (copy.find('\0') != std::string::npos) return std::nullopt;
  if (::inet_pton(AF_INET, copy.c_str(), &address.bytes[kV4Offset]) == 1) return address;
  address.v6 = true;
  if (::inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

std::string IpAddress::text() const {
  char buffer[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(v6 ? AF_INET6 : AF_INET, v6 ? bytes.data() : &bytes[kV4Offset], buffer, sizeof buffer);
  return buffer;
}

std::string_view IpAddress::raw() const {
  const std::size_t offset = v6 ? 0 : kV4Offset;
  return {reinterpret_cast<const char*>(bytes.data()) + offset, bytes.size() - offset};
}

IpAddress IpAddress::plus(std::uint64_t count) const {
  IpAddress sum = *this;
  const std::size_t lowest = v6 ? 0 : kV4Offset;
  for (std::size_t i = bytes.size(); i-- > lowest && count != 0;) {
    count += sum.bytes[i];
    sum.bytes[i] = static_cast<std::uint8_t>(count);
    count >>= 8;
  }
  return sum;
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
  const auto pair = cut(text, '/');
  const auto address = pair ? IpAddress::parse(pair->first) : std::nullopt;
  const auto bits = pair ? parse_uint(pair->second) : std::nullopt;
  if (!address || !bits || *bits > (address->v6 ? 128 : 32)) return std::nullopt;
  IpNetwork network;
  network.prefix = static_cast<unsigned>(*bits);
  network.base = fill(*address, network.prefix, false);
  return network;
}

std::string IpNetwork::text() const { return format("{}/{}", base.text(), prefix); }

bool IpNetwork::contains(const IpAddress& address) const {
  if (address.v6 != base.v6) return false;
  const unsigned first = first_bit(base);
  for (unsigned bit = first; bit < first + prefix; ++bit)
    if (bit_at(address, bit) != bit_at(base, bit)) return false;
  return true;
}

IpAddress IpNetwork::last() const { return fill(base, prefix, true); }

bool IpNetwork::is_usable(const IpAddress& address) const {
  if (!contains(address)) return false;
  if (host_bits() < 2) return true;  // RFC 3021: both addresses of a /31 are hosts
  return address != base && (base.v6 || address != last());
}

std::optional<IpNetwork> next_free_network(const std::vector<AddressPool>& pools, const std::vector<IpNetwork>& used) {
  for (const auto& pool : pools) {
    IpNetwork candidate{pool.space.base, pool.prefix};
    for (int tried = 0; tried < kMaxCut && pool.space.contains(candidate); ++tried) {
      if (std::ranges::none_of(used, [&](const IpNetwork& other) { return other.overlaps(candidate); }))
        return candidate;
      const IpAddress next = candidate.last().plus(1);
      if (next < candidate.base) break;  // wrapped
      candidate.base = next;
    }
  }
  return std::nullopt;
}

const std::vector<AddressPool>& default_pools4() {
  static const std::vector<AddressPool> kPools = [] {
    std::vector<AddressPool> pools;
    for (int second = 17; second <= 31; ++second)
      pools.push_back({*IpNetwork::parse(format("172.{}.0.0/16", second)), 16});
    pools.push_back({*IpNetwork::parse("192.168.0.0/16"), 20});
    pools.push_back({*IpNetwork::parse("10.89.0.0/16"), 24});
    pools.push_back({*IpNetwork::parse("10.90.0.0/15"), 24});
    return pools;
  }();
  return kPools;
}

IpNetwork unique_local_network(std::string_view seed) {
  // FNV-1a: any spread will do, the bits need not be secret.
  std::uint64_t hash = 1469598103934665603ULL;
  for (const char c : seed) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  IpNetwork network{{true, {}}, 64};
  network.base.bytes[0] = 0xfd;
  for (std::size_t i = 1; i < 8; ++i) network.base.bytes[i] = static_cast<std::uint8_t>(hash >> (8 * i));
  return network;
}

std::string mac_of(const IpAddress& address) {
  const auto* b = &address.bytes[kV4Offset];
  return format("02:42:{:02x}:{:02x}:{:02x}:{:02x}", b[0], b[1], b[2], b[3]);
}

std::optional<std::string> parse_mac(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string mac = to_lower(text);
  if (mac.size() != 17) return std::nullopt;
  for (std::size_t i = 0; i < mac.size(); ++i) {
    if (i % 3 == 2) {
      if (mac[i] != ':' && mac[i] != '-') return std::nullopt;
      mac[i] = ':';
    } else if (kDigits.find(mac[i]) == std::string_view::npos) {
      return std::nullopt;
    }
  }
  // The lowest bit of the first byte says "group" (IEEE 802); no host has such an address.
  if (kDigits.find(mac[1]) % 2 == 1 || mac == "00:00:00:00:00:00") return std::nullopt;
  return mac;
}

}  // namespace lichen::spec
