#include "libpod/hub/dns_socket.hh"

#include <algorithm>
#include <cstring>

#include "libpod/base/error.hh"

namespace lichen::hub {
namespace {

constexpr int kWaiting = 64;

socklen_t fill_address(const spec::IpAddress& address, std::uint16_t port, sockaddr_storage& storage) {
  storage = {};
  const auto raw = address.raw();
  if (address.v6) {
    auto& six = reinterpret_cast<sockaddr_in6&>(storage);
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    std::memcpy(&six.sin6_addr, raw.data(), raw.size());
    return sizeof six;
  }
  auto& four = reinterpret_cast<sockaddr_in&>(storage);
  four.sin_family = AF_INET;
  four.sin_port = htons(port);
  std::memcpy(&four.sin_addr, raw.data(), raw.size());
  return sizeof four;
}

void set(int socket, int level, int name, const char* what) {
  const int on = 1;
  if (::setsockopt(socket, level, name, &on, sizeof on) != 0) throw_errno("{}", what);
}

}  // namespace

sys::UniqueFd open_name_socket(bool v6, int type) {
  sys::UniqueFd socket(::socket(v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket && v6 && errno == EAFNOSUPPORT) return {};
  if (!socket) throw_errno("open a socket for names");
  set(socket.get(), SOL_SOCKET, SO_REUSEADDR, "share the port for names");
  set(socket.get(), SOL_SOCKET, SO_REUSEPORT, "share the port for names");
  if (v6) set(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, "keep the families apart");
  if (type == SOCK_DGRAM)  // ip(7), ipv6(7): what arrives says which address was asked
    set(socket.get(), v6 ? int{IPPROTO_IPV6} : int{IPPROTO_IP}, v6 ? IPV6_RECVPKTINFO : IP_PKTINFO,
        "learn who is asked");
  sockaddr_storage any;
  spec::IpAddress all;
  all.v6 = v6;
  const socklen_t size = fill_address(all, kNamePort, any);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&any), size) != 0) throw_errno("answer names at port 53");
  if (type == SOCK_STREAM && ::listen(socket.get(), kWaiting) != 0) throw_errno("answer names at port 53");
  return socket;
}

sys::UniqueFd connect_address(const spec::IpAddress& address, std::uint16_t port, int type) {
  sockaddr_storage to;
  const socklen_t size = fill_address(address, port, to);
  sys::UniqueFd socket(::socket(to.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return {};
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), size) != 0 && errno != EINPROGRESS) return {};
  return socket;
}

sys::UniqueFd connect_as(const Endpoint& from, const Endpoint& to, int type, std::uint32_t mark) {
  sockaddr_storage own, target;
  const socklen_t own_size = fill_address(from.address, from.port, own);
  const socklen_t size = fill_address(to.address, to.port, target);
  sys::UniqueFd socket(::socket(target.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  const bool v6 = from.address.v6;
  if (!socket || v6 != to.address.v6 ||
      ::setsockopt(socket.get(), v6 ? int{SOL_IPV6} : int{SOL_IP}, v6 ? IPV6_TRANSPARENT : IP_TRANSPARENT, &on,
                   sizeof on) != 0 ||
      ::setsockopt(socket.get(), SOL_SOCKET, SO_MARK, &mark, sizeof mark) != 0 ||
      ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&own), own_size) != 0)
    return {};
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&target), size) != 0 && errno != EINPROGRESS) return {};
  return socket;
}

std::optional<std::string> receive_datagram(int socket, std::size_t limit, DatagramPath& path) {
  std::string packet(limit, '\0');
  for (;;) {
    iovec part{packet.data(), packet.size()};
    msghdr message{};
    message.msg_name = &path.peer;
    message.msg_namelen = sizeof path.peer;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = path.control;
    message.msg_controllen = sizeof path.control;
    const ssize_t size = ::recvmsg(socket, &message, MSG_DONTWAIT);
    // An error of an earlier answer (ICMP) is told here, and is not ours to mend.
    if (size < 0 && (errno == EINTR || errno == ECONNREFUSED || errno == EHOSTUNREACH || errno == ENETUNREACH))
      continue;
    if (size < 0) return std::nullopt;
    if ((message.msg_flags & MSG_TRUNC) != 0) continue;
    path.peer_size = message.msg_namelen;
    path.control_size = message.msg_controllen;
    packet.resize(static_cast<std::size_t>(size));
    return packet;
  }
}

void send_datagram(int socket, std::string_view packet, const DatagramPath& path) {
  DatagramPath to = path;
  iovec part{const_cast<char*>(packet.data()), packet.size()};
  msghdr message{};
  message.msg_name = &to.peer;
  message.msg_namelen = to.peer_size;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  // As it came: the local address in it becomes the source. The link too, which is the asker's bridge.
  message.msg_control = to.control_size != 0 ? to.control : nullptr;
  message.msg_controllen = to.control_size;
  ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);  // lost ones are asked again, as on any network
}

std::optional<StreamPeer> accept_stream(int listener) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  sys::UniqueFd socket(::accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket) return std::nullopt;
  return StreamPeer{std::move(socket), address_of(peer), port_of(peer)};
}

std::uint16_t port_of(const sockaddr_storage& storage) {
  return ntohs(storage.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(storage).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(storage).sin_port);
}

spec::IpAddress address_of(const sockaddr_storage& storage) {
  spec::IpAddress address;
  address.v6 = storage.ss_family == AF_INET6;
  if (address.v6) {
    const auto& six = reinterpret_cast<const sockaddr_in6&>(storage);
    std::memcpy(address.bytes.data(), &six.sin6_addr, 16);
  } else {
    const auto& four = reinterpret_cast<const sockaddr_in&>(storage);
    std::memcpy(address.bytes.data() + 12, &four.sin_addr, 4);
  }
  return address;
}

}  // namespace lichen::hub
