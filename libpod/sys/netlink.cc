#include "libpod/sys/netlink.hh"

#include <cstring>

#include "libpod/base/error.hh"
#include "libpod/sys/netlink_links.hh"
#include "libpod/sys/netlink_request.hh"

#include <arpa/inet.h>
#include <net/if.h>
#include <sys/socket.h>

namespace lichen::sys {
namespace {

std::string mac_text(const void* data, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i)
    text += format("{}{:02x}", i == 0 ? "" : ":", static_cast<const unsigned char*>(data)[i]);
  return text.find_first_not_of("0:") == std::string::npos ? std::string() : text;
}

}  // namespace

std::vector<Link> list_links() {
  std::vector<Link> links;
  NetlinkRequest(RTM_GETLINK, NLM_F_DUMP, ifinfomsg{}).run(-1, "list network links", [&](const nlmsghdr& message) {
    const auto* info = static_cast<const ifinfomsg*>(NLMSG_DATA(&message));
    Link link;
    link.index = info->ifi_index;
    link.flags = info->ifi_flags;
    each_attribute(message, sizeof *info, [&](unsigned short type, const void* data, std::size_t size) {
      if (type == IFLA_IFNAME)
        link.name = std::string(static_cast<const char*>(data), ::strnlen(static_cast<const char*>(data), size));
      if (type == IFLA_MTU && size >= sizeof link.mtu) std::memcpy(&link.mtu, data, sizeof link.mtu);
      if (type == IFLA_ADDRESS) link.mac = mac_text(data, size);
    });
    links.push_back(std::move(link));
  });
  return links;
}

std::vector<LinkAddress> list_addresses() {
  std::vector<LinkAddress> addresses;
  NetlinkRequest(RTM_GETADDR, NLM_F_DUMP, ifaddrmsg{}).run(-1, "list network addresses", [&](const nlmsghdr& message) {
    const auto* info = static_cast<const ifaddrmsg*>(NLMSG_DATA(&message));
    if (info->ifa_family != AF_INET && info->ifa_family != AF_INET6) return;
    LinkAddress address;
    address.index = static_cast<int>(info->ifa_index);
    address.prefix = info->ifa_prefixlen;
    address.ipv6 = info->ifa_family == AF_INET6;
    each_attribute(message, sizeof *info, [&](unsigned short type, const void* data, std::size_t size) {
      // On a point-to-point link IFA_ADDRESS is the peer and IFA_LOCAL is ours; IPv6 has only IFA_ADDRESS (if_addr.h).
      if (type != IFA_LOCAL && !(type == IFA_ADDRESS && address.address.empty())) return;
      if (size < (address.ipv6 ? sizeof(in6_addr) : sizeof(in_addr))) return;
      char text[INET6_ADDRSTRLEN] = {};
      if (::inet_ntop(info->ifa_family, data, text, sizeof text) != nullptr) address.address = text;
    });
    addresses.push_back(std::move(address));
  });
  return addresses;
}

void set_link_up(int index) { set_link_up(open_netlink().get(), index); }

void set_loopback_up() { set_link_up(1); }

}  // namespace lichen::sys
