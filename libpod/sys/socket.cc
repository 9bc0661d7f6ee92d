#include "libpod/sys/socket.hh"

#include <cstring>

#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

struct Address {
  sockaddr_un address{};
  UniqueFd directory;  // kept open while the address is used
};

Address make_address(const std::string& path) {
  Address result;
  result.address.sun_family = AF_UNIX;
  std::string name = path;
  if (name.size() >= sizeof result.address.sun_path) {
    result.directory = open_path(parent_path(path), O_PATH | O_DIRECTORY);
    name = fd_path(result.directory.get()) + "/" + base_name(path);
  }
  if (name.size() >= sizeof result.address.sun_path) throw_errno_value(ENAMETOOLONG, "use socket '{}'", path);
  name.copy(result.address.sun_path, sizeof result.address.sun_path - 1);
  return result;
}

UniqueFd make_socket(int type) {
  UniqueFd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  if (!fd) throw_errno("make a unix socket");
  return fd;
}

}  // namespace

UniqueFd listen_unix(const std::string& path, int type) {
  remove_file(path);
  const Address target = make_address(path);
  UniqueFd fd = make_socket(type);
  // fchmod before bind sets the mode of the node that bind creates: no moment with a wider one (unix(7)).
  ::fchmod(fd.get(), 0600);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&target.address), sizeof target.address) != 0)
    throw_errno("bind socket '{}'", path);
  if (::listen(fd.get(), 128) != 0) throw_errno("listen on socket '{}'", path);
  return fd;
}

UniqueFd bind_datagram(const std::string& path) {
  remove_file(path);
  const Address target = make_address(path);
  UniqueFd fd = make_socket(SOCK_DGRAM);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&target.address), sizeof target.address) != 0)
    throw_errno("bind socket '{}'", path);
  if (::chmod(path.c_str(), 0777) != 0) throw_errno("set the mode of socket '{}'", path);
  return fd;
}

std::optional<UniqueFd> connect_unix(const std::string& path, int type) {
  Address target;
  try {
    target = make_address(path);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::not_found) return std::nullopt;
    throw;
  }
  UniqueFd fd = make_socket(type);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&target.address), sizeof target.address) == 0) return fd;
  if (errno == ENOENT || errno == ECONNREFUSED) return std::nullopt;
  throw_errno("connect to socket '{}'", path);
}

std::optional<UniqueFd> accept_same_user(int listener) {
  UniqueFd fd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  if (!fd) return std::nullopt;
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  // Seen from our user namespace: our own user is our effective uid, real root of the host is the overflow uid or 0.
  if (peer.uid != ::geteuid()) return std::nullopt;
  return fd;
}

bool send_packet(int socket, std::string_view packet, int fd, bool nonblocking) {
  iovec part{const_cast<char*>(packet.data()), packet.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  if (fd >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  for (;;) {
    if (::sendmsg(socket, &message, MSG_NOSIGNAL | (nonblocking ? MSG_DONTWAIT : 0)) >= 0) return true;
    if (errno == EINTR) continue;
    if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN) return false;
    if (nonblocking && (errno == EAGAIN || errno == ENOBUFS)) return false;
    throw_errno("send a packet");
  }
}

std::optional<Packet> receive_packet(int socket, std::size_t limit) {
  Packet packet;
  packet.data.resize(limit);
  iovec part{packet.data.data(), packet.data.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t count = 0;
  // ECONNRESET: the peer closed before it had read all that we sent. It is told once, ahead of what the peer sent us:
  // look again.
  while ((count = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0)
    if (errno != EINTR && errno != ECONNRESET) throw_errno("receive a packet");
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    // CMSG_SPACE rounds up: there is room for a second descriptor, which a peer may send and which must not stay open.
    for (std::size_t offset = 0; CMSG_LEN(offset + sizeof(int)) <= header->cmsg_len; offset += sizeof(int)) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + offset, sizeof fd);
      packet.fd.reset(fd);
    }
  }
  if (count == 0) return std::nullopt;
  packet.truncated = (message.msg_flags & MSG_TRUNC) != 0;
  packet.data.resize(static_cast<std::size_t>(count));
  return packet;
}

}  // namespace lichen::sys
