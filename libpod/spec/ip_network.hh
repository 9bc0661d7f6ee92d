// IP addresses and networks as numbers: which addresses a network has, whether two overlap, which one is next. Pure.
//
// Both families share one type: 16 bytes in network order, of which IPv4 uses the last four. So arithmetic and
// comparison exist once; only text and prefix lengths know the family.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lichen::spec {

struct IpAddress {
  bool v6 = false;
  std::array<std::uint8_t, 16> bytes{};  // network order; IPv4: the last four

  /// nullopt: not an address (inet_pton(3); no zone)
  static std::optional<IpAddress> parse(std::string_view text);
  std::string text() const;
  /// The bytes as the kernel wants them: 4 or 16.
  std::string_view raw() const;
  /// The address `count` behind this one; wraps at the end of its family.
  IpAddress plus(std::uint64_t count) const;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

struct IpNetwork {
  IpAddress base;  // the bits behind the prefix are zero
  unsigned prefix = 0;

  /// "10.1.0.0/16"; bits behind the prefix are cleared, as docker does ("10.1.0.7/16").
  /// nullopt: not ADDRESS/BITS
  static std::optional<IpNetwork> parse(std::string_view text);
  std::string text() const;
  unsigned host_bits() const { return (base.v6 ? 128 : 32) - prefix; }
  bool contains(const IpAddress& address) const;
  bool contains(const IpNetwork& inner) const { return inner.prefix >= prefix && contains(inner.base); }
  bool overlaps(const IpNetwork& other) const { return contains(other) || other.contains(*this); }
  /// The last address: IPv4's broadcast.
  IpAddress last() const;
  /// Whether a host may have it: neither the network's own address nor IPv4's broadcast.
  bool is_usable(const IpAddress& address) const;
  friend auto operator<=>(const IpNetwork&, const IpNetwork&) = default;
};

/// The first network of `size` bits of prefix inside one of `pools` that overlaps none of `used`.
struct AddressPool {
  IpNetwork space;
  unsigned prefix;  // of the networks that are cut out of it
};
std::optional<IpNetwork> next_free_network(const std::vector<AddressPool>& pools, const std::vector<IpNetwork>& used);

/// Docker's default pools: 172.17.0.0/16 to 172.31.0.0/16 as /16, then 192.168.0.0/16 as /20; these are 31 networks.
/// Then podman's: 10.89.0.0/16 and 10.90.0.0/15 as /24.
const std::vector<AddressPool>& default_pools4();
/// One /64 of the user's own unique local space (RFC 4193): `seed` is mixed into its 40 random bits.
IpNetwork unique_local_network(std::string_view seed);

/// "02:42:" and the four bytes, as docker makes it of an IPv4 address; of an IPv6 one its last four bytes.
std::string mac_of(const IpAddress& address);
/// Six pairs of hex digits with ':' or '-', not a multicast address; in lower case with ':'. nullopt: it is none
std::optional<std::string> parse_mac(std::string_view text);

}  // namespace lichen::spec
