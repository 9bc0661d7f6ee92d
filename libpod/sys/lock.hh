// flock(2) guards. A lock belongs to the open file description: it is inherited over fork and exec and goes with its
// last descriptor, so a process that is killed releases it and its heirs keep it. Liveness in lichen is such a lock,
// never a pid.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "libpod/sys/unique_fd.hh"

namespace lichen::sys {

class FileLock {
 public:
  FileLock() = default;
  explicit FileLock(UniqueFd fd) : fd_(std::move(fd)) {}
  explicit operator bool() const { return static_cast<bool>(fd_); }
  int fd() const { return fd_.get(); }
  /// Give the lock away, to a child for example.
  UniqueFd release() { return std::move(fd_); }

 private:
  UniqueFd fd_;
};

enum class LockMode { shared, exclusive };

/// Take a lock at once or not at all. The file or directory must exist unless `create`, which makes a file (0600).
/// @return nullopt when somebody else holds it, or when it does not exist
std::optional<FileLock> try_lock(const std::string& path, LockMode mode, bool create = false);

/// Wait for a lock, up to `timeout`; then the error says who holds it (from /proc/locks).
/// A file that was unlinked or replaced while waiting is opened again: the lock counts for the path, not for the dead
/// inode.
/// @throws Error{conflict} timeout; Error{not_found} it does not exist (any more) and `create` is not set
FileLock wait_lock(const std::string& path, LockMode mode, std::chrono::milliseconds timeout, bool create = false);

/// Turn an exclusive lock into a shared one. @throws Error{system}
void share_lock(FileLock& lock);

/// Whether anybody holds an exclusive lock on `path` now; false when it does not exist.
bool is_locked(const std::string& path);

}  // namespace lichen::sys
