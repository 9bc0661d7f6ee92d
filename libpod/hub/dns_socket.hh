// Sockets of a name server: datagrams that are answered from the address that was asked, and streams.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "libpod/spec/ip_network.hh"
#include "libpod/sys/unique_fd.hh"

#include <netinet/in.h>
#include <sys/socket.h>

namespace lichen::hub {

inline constexpr std::uint16_t kNamePort = 53;

/// Whom a datagram came from, and by which of our addresses: what an answer needs.
struct DatagramPath {
  sockaddr_storage peer{};
  socklen_t peer_size = 0;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(in6_pktinfo))] = {};
  std::size_t control_size = 0;
};

/// Port 53 of all our addresses of one family; next to another one's that is about to end. Empty: the kernel does not
/// have the family. @param type  SOCK_DGRAM or SOCK_STREAM @throws Error{system|permission}
sys::UniqueFd open_name_socket(bool v6, int type);
/// Non-blocking; a stream is made in the background. Empty when nothing leads there.
sys::UniqueFd connect_address(const spec::IpAddress& address, std::uint16_t port, int type);
/// The same from an address that need not be ours, ip(7), IP_TRANSPARENT; packets have `mark`. Empty when that address
/// and port are taken, or the kernel does not let us.
struct Endpoint {
  spec::IpAddress address;
  std::uint16_t port = 0;
};
sys::UniqueFd connect_as(const Endpoint& from, const Endpoint& to, int type, std::uint32_t mark);

/// nullopt: nothing there (any more). Datagrams of more than `limit` bytes are dropped.
std::optional<std::string> receive_datagram(int socket, std::size_t limit, DatagramPath& path);
void send_datagram(int socket, std::string_view packet, const DatagramPath& path);

/// nullopt: nobody there (any more), or too many descriptors.
struct StreamPeer {
  sys::UniqueFd socket;
  spec::IpAddress address;
  std::uint16_t port = 0;
};
std::optional<StreamPeer> accept_stream(int listener);

spec::IpAddress address_of(const sockaddr_storage& storage);
std::uint16_t port_of(const sockaddr_storage& storage);

}  // namespace lichen::hub
