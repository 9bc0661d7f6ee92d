#include "libpod/hub/rules.hh"

#include <map>
#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/ip_network.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/process.hh"

#include <nftables/libnftables.h>
#include <sched.h>

namespace lichen::hub {
namespace {

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

std::string addresses(const wire::HubEndpoint& endpoint, bool v6) {
  std::vector<std::string> found;
  for (const auto& subnet : endpoint.subnets)
    if (spec::IpAddress::parse(subnet.address)->v6 == v6) found.push_back(subnet.address);
  // Neighbours are asked from these before there is an address, and IPv6 hosts always have a local one.
  if (v6) found.insert(found.end(), {"::", "fe80::/10"});
  return join(found, ", ");
}

std::string member_chain(const wire::HubEndpoint& endpoint) {
  std::string text = format("  chain {} {{\n    ether saddr != {} drop\n", endpoint.outer_link, endpoint.mac);
  const std::string v4 = addresses(endpoint, false);
  if (v4.empty())
    text += "    ether type { ip, arp } drop\n";
  else
    text += format("    ether type ip ip saddr != {{ {} }} drop\n    ether type arp arp saddr ip != {{ {} }} drop\n",
                   v4, v4);
  return text + format("    ether type ip6 ip6 saddr != {{ {} }} drop\n  }}\n", addresses(endpoint, true));
}

std::string bridge_table(const std::vector<const wire::HubEndpoint*>& endpoints) {
  std::string chains, jumps;
  for (const auto* endpoint : endpoints) {
    chains += member_chain(*endpoint);
    jumps += format("{}\"{}\" : jump {}", jumps.empty() ? "" : ", ", endpoint->outer_link, endpoint->outer_link);
  }
  return "table bridge lichen {\n" + chains +
         "  chain prerouting {\n    type filter hook prerouting priority -200; policy accept;\n" +
         (jumps.empty() ? "" : "    iifname vmap { " + jumps + " }\n") + "  }\n}\n";
}

std::string input_rules(const std::vector<const wire::HubEndpoint*>& endpoints) {
  std::set<std::string> v4, v6;
  for (const auto* endpoint : endpoints)
    for (const auto& subnet : endpoint->subnets)
      (spec::IpAddress::parse(subnet.gateway)->v6 ? v6 : v4)
          .insert(format("\"{}\" . {}", endpoint->bridge, subnet.gateway));
  std::string text;
  for (const auto& [family, set] : {std::pair{"ip", &v4}, std::pair{"ip6", &v6}}) {
    if (set->empty()) continue;
    const std::string elements = join(std::vector(set->begin(), set->end()), ", ");
    text += format("    iifname . {} daddr {{ {} }} meta l4proto {{ 6, 17 }} th dport 53 accept\n", family, elements);
  }
  return text;
}

std::string forward_rules(const std::vector<const wire::HubEndpoint*>& endpoints) {
  std::set<std::string> open;
  for (const auto* endpoint : endpoints)
    if (!endpoint->internal) open.insert(format("\"{}\"", endpoint->bridge));
  if (open.empty()) return {};
  return format("    iifname {{ {} }} oifname \"{}\" accept\n", join(std::vector(open.begin(), open.end()), ", "),
                kOutside);
}

std::string delivery_rules(const std::vector<Delivery>& deliveries) {
  std::string text;
  for (const auto& delivery : deliveries)
    text += format("    iifname \"{}\" {} dport {} dnat ip to {}:{}\n", kOutside, delivery.protocol, delivery.port,
                   delivery.address, delivery.container_port);
  return text;
}

}  // namespace

std::string rules_text(const std::vector<wire::HubMember>& members, const std::vector<Delivery>& deliveries) {
  std::vector<const wire::HubEndpoint*> endpoints;
  for (const auto& member : members)
    for (const auto& endpoint : member.endpoints)
      if (is_sound(endpoint)) endpoints.push_back(&endpoint);
  // Protocols by number: names need /etc/protocols, which a small machine does not have. 1 and 58: ICMP for IPv4 and
  // IPv6. "table" makes it unless it is there, so that "delete" always finds it.
  return "table inet lichen\ndelete table inet lichen\ntable bridge lichen\ndelete table bridge lichen\n"
         "table inet lichen {\n"
         "  chain forward {\n    type filter hook forward priority 0; policy drop;\n"
         "    ct state established,related accept\n    ct status dnat accept\n" +
         forward_rules(endpoints) +
         "  }\n"
         "  chain input {\n    type filter hook input priority 0; policy drop;\n"
         "    iifname \"lo\" accept\n    ct state established,related accept\n"
         "    meta l4proto { 1, 58 } accept\n" +
         input_rules(endpoints) +
         "  }\n"
         "  chain prerouting {\n    type nat hook prerouting priority -100;\n" +
         delivery_rules(deliveries) +
         "  }\n"
         "  chain postrouting {\n    type nat hook postrouting priority 100;\n    oifname \"" +
         std::string(kOutside) + "\" masquerade\n  }\n}\n" + bridge_table(endpoints);
}

std::string load_rules(int hub_netns, const std::string& text) {
  auto answer = sys::make_pipe();
  sys::Pid child = sys::fork_child([&] {
    sys::join_namespace(hub_netns, CLONE_NEWNET, "enter the network hub");
    nft_ctx* nft = ::nft_ctx_new(NFT_CTX_DEFAULT);
    if (nft == nullptr) return 1;
    ::nft_ctx_buffer_error(nft);
    if (::nft_run_cmd_from_buffer(nft, text.c_str()) == 0) return 0;
    sys::write_all(answer.write.get(), ::nft_ctx_get_error_buffer(nft), "answer of nftables");
    return 1;
  });
  answer.write.reset();
  const std::string said = sys::read_all(answer.read.get(), "answer of nftables", 64 << 10);
  if (child.wait().code == 0) return {};
  const auto line = std::string(trim(said.substr(0, said.find('\n'))));
  return line.empty() ? "nftables ended without a word" : line;
}

}  // namespace lichen::hub
