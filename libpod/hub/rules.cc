#include "libpod/hub/rules.hh"

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/ip_network.hh"

namespace lichen::hub {
namespace {

constexpr const char* kOpen = "inet lichen open";
constexpr const char* kNames4 = "inet lichen names4";
constexpr const char* kNames6 = "inet lichen names6";
constexpr const char* kMacs = "bridge lichen macs";
constexpr const char* kAddresses4 = "bridge lichen addresses4";
constexpr const char* kAddresses6 = "bridge lichen addresses6";

bool is_link_name(const std::string& name) {
  return !name.empty() && name.size() < 16 &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
             "0123456789-_.") == std::string::npos;
}

bool is_sound(const wire::HubEndpoint& endpoint) {
  if (!is_link_name(endpoint.bridge) || !is_link_name(endpoint.outer_link) || !spec::parse_mac(endpoint.mac))
    return false;
  for (const auto& subnet : endpoint.subnets)
    if (!spec::IpAddress::parse(subnet.address) || !spec::IpAddress::parse(subnet.gateway)) return false;
  return true;
}

void add_endpoint(const wire::HubEndpoint& endpoint, RuleElements& elements) {
  const auto with = [](const std::string& link, const std::string& value) {
    return format("\"{}\" . {}", link, value);
  };
  if (!endpoint.internal) elements[kOpen].insert(format("\"{}\"", endpoint.bridge));
  elements[kMacs].insert(with(endpoint.outer_link, endpoint.mac));
  for (const auto& subnet : endpoint.subnets) {
    const auto address = *spec::IpAddress::parse(subnet.address), gateway = *spec::IpAddress::parse(subnet.gateway);
    elements[address.v6 ? kAddresses6 : kAddresses4].insert(with(endpoint.outer_link, address.text()));
    if (endpoint.dns) elements[gateway.v6 ? kNames6 : kNames4].insert(with(endpoint.bridge, gateway.text()));
  }
}

}  // namespace

// Protocols by number, as names need /etc/protocols, which a small machine does not have: 1 and 58 are ICMP for IPv4
// and IPv6, 6 and 17 TCP and UDP. "table" makes it unless it is there, so that "delete" always finds it. IPv6 hosts ask
// for neighbours from "::" before they have an address, and always have one in fe80::/10.
std::string rules_text() {
  return format(R"(table inet lichen
delete table inet lichen
table bridge lichen
delete table bridge lichen
table inet lichen {{
  set open {{ type ifname; }}
  set names4 {{ type ifname . ipv4_addr; }}
  set names6 {{ type ifname . ipv6_addr; }}
  chain forward {{
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    iifname @open oifname "{0}" accept
  }}
  chain input {{
    type filter hook input priority 0; policy drop;
    iifname "lo" accept
    ct state established,related accept
    meta l4proto {{ 1, 58 }} accept
    meta l4proto {{ 6, 17 }} th dport 53 iifname . ip daddr @names4 accept
    meta l4proto {{ 6, 17 }} th dport 53 iifname . ip6 daddr @names6 accept
  }}
  chain outward {{
    type filter hook output priority -150;
    meta mark {1} ct mark set {1}
  }}
  chain inward {{
    type filter hook prerouting priority -150;
    iifname != "{0}" ct mark {1} meta mark set {2}
  }}
  chain postrouting {{
    type nat hook postrouting priority 100;
    oifname "{0}" masquerade
  }}
}}
table bridge lichen {{
  set macs {{ type ifname . ether_addr; }}
  set addresses4 {{ type ifname . ipv4_addr; }}
  set addresses6 {{ type ifname . ipv6_addr; }}
  chain prerouting {{
    type filter hook prerouting priority -200; policy accept;
    iifname . ether saddr != @macs drop
    ether type ip iifname . ip saddr != @addresses4 drop
    ether type arp iifname . arp saddr ip != @addresses4 drop
    ether type ip6 ip6 saddr != {{ ::, fe80::/10 }} iifname . ip6 saddr != @addresses6 drop
  }}
}}
)",
                kOutside, kOutwardMark, kInwardMark);
}

RuleElements rule_elements(const std::vector<wire::HubMember>& members) {
  RuleElements elements;
  for (const auto& member : members)
    for (const auto& endpoint : member.endpoints)
      if (is_sound(endpoint)) add_endpoint(endpoint, elements);
  return elements;
}

std::string rules_change(const RuleElements& from, const RuleElements& to) {
  std::string gone, come;
  const auto write = [](std::string& text, const char* verb, const RuleElements& all, const RuleElements& known) {
    for (const auto& [set, elements] : all) {
      const auto other = known.find(set);
      std::vector<std::string> changed;
      for (const auto& element : elements)
        if (other == known.end() || !other->second.contains(element)) changed.push_back(element);
      if (!changed.empty()) text += format("{} element {} {{ {} }}\n", verb, set, join(changed, ", "));
    }
  };
  write(gone, "delete", from, to);
  write(come, "add", to, from);
  return gone + come;
}

}  // namespace lichen::hub
