#include "libpod/sys/unique_fd.hh"

#include "libpod/base/error.hh"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lichen::sys {

void UniqueFd::reset(int fd) noexcept {
  if (fd_ >= 0) {
    const int saved = errno;  // destructors run while errors are on their way up
    ::close(fd_);
    errno = saved;
  }
  fd_ = fd;
}

Pipe make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) throw_errno("make a pipe");
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

SocketPair make_socket_pair(int type) {
  int fds[2];
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds) != 0) throw_errno("make a socket pair");
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

UniqueFd duplicate(int fd, int minimum) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, minimum));
  if (!copy) throw_errno("duplicate file descriptor {}", fd);
  return copy;
}

void set_cloexec(int fd, bool on) {
  const int flags = ::fcntl(fd, F_GETFD);
  if (flags < 0 || ::fcntl(fd, F_SETFD, on ? flags | FD_CLOEXEC : flags & ~FD_CLOEXEC) < 0)
    throw_errno("set close-on-exec of file descriptor {}", fd);
}

void set_nonblocking(int fd, bool on) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) < 0)
    throw_errno("set non-blocking mode of file descriptor {}", fd);
}

}  // namespace lichen::sys
