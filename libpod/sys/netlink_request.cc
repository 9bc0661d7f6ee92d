#include "libpod/sys/netlink_request.hh"

#include "libpod/base/error.hh"
#include "libpod/sys/netlink_links.hh"
#include "libpod/sys/unique_fd.hh"

#include <sys/socket.h>

namespace lichen::sys {
namespace {

// One datagram. @return whether it was the last one
bool receive(int socket, std::string_view what, const std::function<void(const nlmsghdr&)>& each) {
  alignas(nlmsghdr) char buffer[32768];  // the kernel fills dumps up to 32 KiB (net/netlink/af_netlink.c, netlink_dump)
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

}  // namespace

void NetlinkRequest::append(const void* data, std::size_t size) {
  const auto* bytes = static_cast<const char*>(data);
  bytes_.insert(bytes_.end(), bytes, bytes + size);
  bytes_.resize(NLMSG_ALIGN(bytes_.size()));
}

NetlinkRequest& NetlinkRequest::attribute(std::uint16_t type, std::string_view value) {
  rtattr header{};
  header.rta_type = type;
  header.rta_len = static_cast<std::uint16_t>(RTA_LENGTH(value.size()));
  append(&header, sizeof header);
  append(value.data(), value.size());
  return *this;
}

NetlinkRequest& NetlinkRequest::name(std::uint16_t type, std::string_view text) {
  return attribute(type, std::string(text) + '\0');
}

NetlinkRequest& NetlinkRequest::nested(std::uint16_t type, const std::function<void(NetlinkRequest&)>& fill) {
  const std::size_t begin = bytes_.size();
  attribute(type, {});
  fill(*this);
  const auto size = static_cast<std::uint16_t>(bytes_.size() - begin);
  std::memcpy(&bytes_[begin + offsetof(rtattr, rta_len)], &size, sizeof size);
  return *this;
}

void NetlinkRequest::run(int socket, std::string_view what, const std::function<void(const nlmsghdr&)>& each) {
  reinterpret_cast<nlmsghdr*>(bytes_.data())->nlmsg_len = static_cast<std::uint32_t>(bytes_.size());
  UniqueFd own;
  if (socket < 0) {
    own = open_netlink();
    socket = own.get();
  }
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  const ssize_t sent =
      ::sendto(socket, bytes_.data(), bytes_.size(), 0, reinterpret_cast<sockaddr*>(&kernel), sizeof kernel);
  if (sent < 0) throw_errno("{}", what);
  while (!receive(socket, what, each)) {
  }
}

void each_attribute(const nlmsghdr& message, std::size_t body_size,
                    const std::function<void(unsigned short, const void*, std::size_t)>& each) {
  const auto begin = reinterpret_cast<const char*>(&message) + NLMSG_LENGTH(body_size);
  auto left = static_cast<int>(message.nlmsg_len - NLMSG_LENGTH(body_size));
  for (auto* item = reinterpret_cast<const rtattr*>(begin); RTA_OK(item, left); item = RTA_NEXT(item, left))
    each(item->rta_type, RTA_DATA(item), RTA_PAYLOAD(item));
}

}  // namespace lichen::sys
