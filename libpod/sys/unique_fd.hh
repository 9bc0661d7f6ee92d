// The owner of one file descriptor, and pairs of them. Everything made here is CLOEXEC: a child gets descriptors only
// through the explicit map of sys/process.
#pragma once

#include <utility>

namespace lichen::sys {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  /// Closes once. EINTR is not retried: on Linux the descriptor is gone all the same (close(2)).
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

static_assert(sizeof(UniqueFd) == sizeof(int));

struct Pipe {
  UniqueFd read, write;
};
/// @throws Error{system}
Pipe make_pipe();

struct SocketPair {
  UniqueFd first, second;
};
/// AF_UNIX pair. @param type SOCK_STREAM or SOCK_SEQPACKET
SocketPair make_socket_pair(int type);

/// A duplicate that is CLOEXEC, numbered at least `minimum`.
UniqueFd duplicate(int fd, int minimum = 3);

/// Set or clear FD_CLOEXEC.
void set_cloexec(int fd, bool on);
void set_nonblocking(int fd, bool on);

}  // namespace lichen::sys
