#include "libpod/sys/netlink_links.hh"

#include "libpod/base/error.hh"
#include "libpod/sys/netlink_request.hh"

#include <linux/if_link.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

namespace lichen::sys {
namespace {

unsigned char family_of(std::string_view address) { return address.size() == 4 ? AF_INET : AF_INET6; }

ifinfomsg link_of(int index = 0, bool up = false) {
  ifinfomsg info{};
  info.ifi_family = AF_UNSPEC;
  info.ifi_index = index;
  if (up) info.ifi_flags = info.ifi_change = IFF_UP;
  return info;
}

}  // namespace

UniqueFd open_netlink() {
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket) throw_errno("open a netlink socket");
  return socket;
}

int find_link(int netlink, const std::string& name) {
  int index = 0;
  try {
    NetlinkRequest(RTM_GETLINK, NLM_F_ACK, link_of())
        .name(IFLA_IFNAME, name)
        .run(netlink, format("look up network link '{}'", name),
             [&](const nlmsghdr& message) { index = static_cast<const ifinfomsg*>(NLMSG_DATA(&message))->ifi_index; });
  } catch (const Error& error) {
    if (error.saved_errno() != ENODEV) throw;
  }
  return index;
}

// Of its own: else it is the lowest of its members', and when that one goes the others send to an address that nobody
// has until their ARP tables forget it. From the name (FNV-1a), so that a bridge made anew after a killed hub has the
// same.
static std::string bridge_mac(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::string mac(1, '\x0a');  // locally administered, and not the 02:42 of containers
  for (int i = 0; i < 5; ++i) mac += static_cast<char>(hash >> (8 * i));
  return mac;
}

int ensure_bridge(int netlink, const std::string& name, std::uint32_t mtu) {
  const std::string what = format("make bridge '{}'", name);
  try {
    NetlinkRequest(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, link_of(0, true))
        .name(IFLA_IFNAME, name)
        .attribute(IFLA_ADDRESS, bridge_mac(name))
        .number(IFLA_MTU, mtu)
        .nested(IFLA_LINKINFO,
                [](NetlinkRequest& info) {
                  // No forwarding delay: without spanning tree a port forwards at once.
                  info.name(IFLA_INFO_KIND, "bridge").nested(IFLA_INFO_DATA, [](NetlinkRequest& data) {
                    data.number(IFLA_BR_FORWARD_DELAY, std::uint32_t{0});
                  });
                })
        .run(netlink, what);
  } catch (const Error& error) {
    if (error.saved_errno() == EOPNOTSUPP)
      throw Error(ErrorKind::unsupported, format("{}: this kernel has no bridges", what), EOPNOTSUPP)
          .with_hint("as root: modprobe bridge; or use --network slirp4netns");
    if (error.saved_errno() != EEXIST) throw;
  }
  const int index = find_link(netlink, name);
  if (index == 0) throw_error(ErrorKind::system, "{}: it is gone", what);
  return index;
}

void make_veth(int netlink, const VethPlan& plan) {
  NetlinkRequest(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, link_of(0, true))
      .name(IFLA_IFNAME, plan.outer_name)
      .number(IFLA_MTU, plan.mtu)
      .number(IFLA_MASTER, static_cast<std::uint32_t>(plan.bridge_index))
      .nested(IFLA_LINKINFO,
              [&](NetlinkRequest& info) {
                info.name(IFLA_INFO_KIND, "veth").nested(IFLA_INFO_DATA, [&](NetlinkRequest& data) {
                  data.nested(VETH_INFO_PEER, [&](NetlinkRequest& peer) {
                    // Not up: when the peer is configured it is no pair yet (veth_open gives ENOTCONN).
                    peer.body(link_of())
                        .name(IFLA_IFNAME, plan.inner_name)
                        .number(IFLA_MTU, plan.mtu)
                        .attribute(IFLA_ADDRESS, plan.inner_mac)
                        .number(IFLA_NET_NS_FD, static_cast<std::uint32_t>(plan.inner_netns));
                  });
                });
              })
      .run(netlink, format("make the network link '{}'", plan.inner_name));
}

void add_address(int netlink, int index, std::string_view address, unsigned prefix) {
  ifaddrmsg info{};
  info.ifa_family = family_of(address);
  info.ifa_prefixlen = static_cast<unsigned char>(prefix);
  info.ifa_index = static_cast<std::uint32_t>(index);
  // Addresses are given out once each: nobody to ask whether one is taken (duplicate address detection takes a second).
  if (info.ifa_family == AF_INET6) info.ifa_flags = IFA_F_NODAD;
  try {
    NetlinkRequest(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, info)
        .attribute(IFA_LOCAL, address)
        .attribute(IFA_ADDRESS, address)
        .run(netlink, "add a network address");
  } catch (const Error& error) {
    if (error.saved_errno() != EEXIST) throw;
  }
}

void set_route(int netlink, std::string_view destination, unsigned prefix, std::string_view gateway,
               std::uint32_t metric) {
  rtmsg info{};
  info.rtm_family = family_of(gateway);
  info.rtm_dst_len = static_cast<unsigned char>(destination.empty() ? 0 : prefix);
  info.rtm_table = RT_TABLE_MAIN;
  info.rtm_protocol = RTPROT_STATIC;
  info.rtm_scope = RT_SCOPE_UNIVERSE;
  info.rtm_type = RTN_UNICAST;
  NetlinkRequest request(RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, info);
  if (!destination.empty()) request.attribute(RTA_DST, destination);
  request.attribute(RTA_GATEWAY, gateway);
  if (metric != 0) request.number(RTA_PRIORITY, metric);
  request.run(netlink, "set a network route");
}

void set_link_up(int netlink, int index) {
  NetlinkRequest(RTM_NEWLINK, NLM_F_ACK, link_of(index, true)).run(netlink, format("set network link {} up", index));
}

void remove_link(int netlink, const std::string& name) {
  const int index = find_link(netlink, name);
  if (index == 0) return;
  try {
    NetlinkRequest(RTM_DELLINK, NLM_F_ACK, link_of(index)).run(netlink, format("remove network link '{}'", name));
  } catch (const Error& error) {
    if (error.saved_errno() != ENODEV) throw;
  }
}

}  // namespace lichen::sys
