#include "libpod/network/bridge.hh"

#include <utility>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/spec/ip_network.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/netlink_links.hh"

#include <fcntl.h>
#include <sched.h>

namespace lichen::network {
namespace {

spec::IpAddress address_of(const std::string& text) {
  const auto address = spec::IpAddress::parse(text);
  if (!address) throw_error(ErrorKind::invalid, "'{}' is no address", text);
  return *address;
}

std::string mac_bytes(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 3)
    bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  return bytes;
}

}  // namespace

std::string make_outer_link_name() { return "lcv" + random_hex(10); }

sys::UniqueFd open_hub_netlink(int hub_netns) {
  sys::join_namespace(hub_netns, CLONE_NEWNET, "network hub's");
  return sys::open_netlink();
}

void leave_bridge(int hub_netlink, const wire::HubEndpoint& endpoint) {
  sys::remove_link(hub_netlink, endpoint.outer_link);
}

void set_way_out(const wire::HubEndpoint& endpoint) {
  const sys::UniqueFd netlink = sys::open_netlink();
  bool has_route[2] = {false, false};  // v4, v6
  for (const auto& route : endpoint.routes)
    if (const auto to = spec::IpNetwork::parse(route.destination); to && to->prefix == 0) has_route[to->base.v6] = true;
  for (const auto& subnet : endpoint.subnets) {
    const auto gateway = address_of(subnet.gateway);
    if (std::exchange(has_route[gateway.v6], true)) continue;
    sys::set_route(netlink.get(), {}, 0, gateway.raw());
  }
}

void join_bridge(int hub_netlink, const wire::HubEndpoint& endpoint, bool leads_out) {
  const int bridge = sys::ensure_bridge(hub_netlink, endpoint.bridge, endpoint.mtu);
  for (const auto& subnet : endpoint.subnets)
    sys::add_address(hub_netlink, bridge, address_of(subnet.gateway).raw(), subnet.prefix);
  const sys::UniqueFd own = sys::open_path("/proc/thread-self/ns/net", O_RDONLY);
  const sys::UniqueFd netlink = sys::open_netlink();
  sys::make_veth(hub_netlink, {.outer_name = endpoint.outer_link,
                               .bridge_index = bridge,
                               .inner_name = endpoint.inner_link,
                               .inner_mac = mac_bytes(endpoint.mac),
                               .inner_netns = own.get(),
                               .mtu = endpoint.mtu});
  const int inner = sys::find_link(netlink.get(), endpoint.inner_link);
  sys::set_link_up(netlink.get(), inner);
  for (const auto& subnet : endpoint.subnets)
    sys::add_address(netlink.get(), inner, address_of(subnet.address).raw(), subnet.prefix);
  for (const auto& route : endpoint.routes) {
    const auto to = spec::IpNetwork::parse(route.destination);
    if (!to) throw_error(ErrorKind::invalid, "'{}' is no network", route.destination);
    sys::set_route(netlink.get(), to->base.raw(), to->prefix, address_of(route.gateway).raw(), route.metric);
  }
  if (leads_out) set_way_out(endpoint);
}

}  // namespace lichen::network
