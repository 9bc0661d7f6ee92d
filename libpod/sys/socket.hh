// Unix sockets: listening and connecting by path of any length, packets, and descriptors that travel with them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "libpod/sys/unique_fd.hh"

namespace lichen::sys {

/// Listen on a SOCK_SEQPACKET or SOCK_STREAM socket at `path`, mode 0600. An old socket file there is replaced.
/// Paths longer than sun_path (108 bytes) go through /proc/self/fd (C40).
UniqueFd listen_unix(const std::string& path, int type);

/// A SOCK_DGRAM socket at `path`, mode 0777: anybody who reaches its directory may send. An old one is replaced.
UniqueFd bind_datagram(const std::string& path);

/// nullopt when nobody listens (ENOENT, ECONNREFUSED). @throws Error{permission|system}
std::optional<UniqueFd> connect_unix(const std::string& path, int type);

/// Accept one connection from a process of our own user (SO_PEERCRED); others are closed and nullopt is given, as for
/// EAGAIN.
std::optional<UniqueFd> accept_same_user(int listener);

/// Send one packet, with an optional descriptor. @return false when the peer is gone (EPIPE, ECONNRESET) or, with
/// `nonblocking`, when its queue is full.
bool send_packet(int socket, std::string_view packet, int fd = -1, bool nonblocking = false);

struct Packet {
  std::string data;
  UniqueFd fd;
  bool truncated = false;
};
/// Receive one packet of at most `limit` bytes. nullopt at the end of the connection; with a non-blocking socket an
/// empty queue is an Error{system} with EAGAIN: poll first.
std::optional<Packet> receive_packet(int socket, std::size_t limit);

}  // namespace lichen::sys
