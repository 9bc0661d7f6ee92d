#include "libpod/sys/netlink.hh"

#include <cstring>
#include <functional>

#include "libpod/base/error.hh"
#include "libpod/sys/unique_fd.hh"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

namespace lichen::sys {
namespace {

// One request: header, fixed body, attributes; and the exchange with the kernel.
class Request {
 public:
  template <typename Body>
  Request(std::uint16_t type, std::uint16_t flags, const Body& body) {
    nlmsghdr header{};
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    header.nlmsg_seq = 1;
    append(&header, sizeof header);
    append(&body, sizeof body);
  }

  // Send, then give each answer to `each` until the kernel says that it is done.
  void run(std::string_view what, const std::function<void(const nlmsghdr&)>& each = {}) {
    reinterpret_cast<nlmsghdr*>(bytes_.data())->nlmsg_len = static_cast<std::uint32_t>(bytes_.size());
    UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!socket) throw_errno("{}: open a netlink socket", what);
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    const ssize_t sent =
        ::sendto(socket.get(), bytes_.data(), bytes_.size(), 0, reinterpret_cast<sockaddr*>(&kernel), sizeof kernel);
    if (sent < 0) throw_errno("{}", what);
    while (!receive(socket.get(), what, each)) {
    }
  }

 private:
  void append(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const char*>(data);
    bytes_.insert(bytes_.end(), bytes, bytes + size);
    bytes_.resize(NLMSG_ALIGN(bytes_.size()));
  }

  // One datagram. @return whether it was the last one
  static bool receive(int socket, std::string_view what, const std::function<void(const nlmsghdr&)>& each) {
    alignas(
        nlmsghdr) char buffer[32768];  // the kernel fills dumps up to 32 KiB (net/netlink/af_netlink.c, netlink_dump)
    const ssize_t count = ::recv(socket, buffer, sizeof buffer, 0);
    if (count < 0) {
      if (errno == EINTR) return false;
      throw_errno("{}: read the answer", what);
    }
    auto left = static_cast<std::uint32_t>(count);
    for (auto* message = reinterpret_cast<nlmsghdr*>(buffer); NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_type == NLMSG_DONE) return true;
      if (message->nlmsg_type == NLMSG_ERROR) {
        const int error = -static_cast<const nlmsgerr*>(NLMSG_DATA(message))->error;
        if (error != 0) throw_errno_value(error, "{}", what);
        return true;  // the acknowledgement
      }
      if (each) each(*message);
    }
    return false;
  }

  std::vector<char> bytes_;
};

// Calls `each(type, data, size)` for the attributes behind a body of `body_size` bytes.
void each_attribute(const nlmsghdr& message, std::size_t body_size,
                    const std::function<void(unsigned short, const void*, std::size_t)>& each) {
  const auto begin = reinterpret_cast<const char*>(&message) + NLMSG_LENGTH(body_size);
  auto left = static_cast<int>(message.nlmsg_len - NLMSG_LENGTH(body_size));
  for (auto* item = reinterpret_cast<const rtattr*>(begin); RTA_OK(item, left); item = RTA_NEXT(item, left))
    each(item->rta_type, RTA_DATA(item), RTA_PAYLOAD(item));
}

std::string mac_text(const void* data, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i)
    text += format("{}{:02x}", i == 0 ? "" : ":", static_cast<const unsigned char*>(data)[i]);
  return text.find_first_not_of("0:") == std::string::npos ? std::string() : text;
}

}  // namespace

std::vector<Link> list_links() {
  std::vector<Link> links;
  Request(RTM_GETLINK, NLM_F_DUMP, ifinfomsg{}).run("list network links", [&](const nlmsghdr& message) {
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
  Request(RTM_GETADDR, NLM_F_DUMP, ifaddrmsg{}).run("list network addresses", [&](const nlmsghdr& message) {
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

void set_link_up(int index) {
  ifinfomsg info{};
  info.ifi_family = AF_UNSPEC;
  info.ifi_index = index;
  info.ifi_flags = IFF_UP;
  info.ifi_change = IFF_UP;
  Request(RTM_NEWLINK, NLM_F_ACK, info).run(format("set network link {} up", index));
}

void set_loopback_up() { set_link_up(1); }

}  // namespace lichen::sys
