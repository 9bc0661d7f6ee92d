// One rtnetlink(7) request: header, fixed body, attributes (nested ones too), and the exchange with the kernel. Shared
// by netlink.cc (looking) and netlink_links.cc (making).
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <string_view>
#include <vector>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

namespace lichen::sys {

class NetlinkRequest {
 public:
  template <typename Body>
  NetlinkRequest(std::uint16_t type, std::uint16_t flags, const Body& body) {
    nlmsghdr header{};
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
    header.nlmsg_seq = 1;
    append(&header, sizeof header);
    append(&body, sizeof body);
  }

  NetlinkRequest& attribute(std::uint16_t type, std::string_view value);
  /// With the NUL that the kernel wants behind names.
  NetlinkRequest& name(std::uint16_t type, std::string_view text);
  template <typename Number>
  NetlinkRequest& number(std::uint16_t type, Number value) {
    return attribute(type, {reinterpret_cast<const char*>(&value), sizeof value});
  }
  /// An attribute whose value is what `fill` appends.
  NetlinkRequest& nested(std::uint16_t type, const std::function<void(NetlinkRequest&)>& fill);
  template <typename Body>
  NetlinkRequest& body(const Body& value) {
    append(&value, sizeof value);
    return *this;
  }

  /// Send, then give each answer to `each` until the kernel says that it is done.
  /// @param socket  of the namespace that is meant; -1: one is opened in ours
  /// @throws Error with the kernel's errno
  void run(int socket, std::string_view what, const std::function<void(const nlmsghdr&)>& each = {});

 private:
  void append(const void* data, std::size_t size);
  std::vector<char> bytes_;
};

/// Calls `each(type, data, size)` for the attributes behind a body of `body_size` bytes.
void each_attribute(const nlmsghdr& message, std::size_t body_size,
                    const std::function<void(unsigned short, const void*, std::size_t)>& each);

}  // namespace lichen::sys
