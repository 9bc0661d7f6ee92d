// U0: the one user namespace that all containers of a user share (design section 3).
//
// Theory of operation. A namespace lives as long as a process is in it; nothing else keeps U0. Each process that lives
// in it has a file <boot>/userns/<pid>, flocked for its life. To enter, take userns.lock shared, go through the files:
// one that is locked names a living member, whose /proc/PID/ns/user we join; then register, then let the lock go.
// Nobody there: take the lock exclusive, look again, make the namespace, register. Joiners hold the lock shared until
// they are registered, so a maker can never overlook a joiner whose member just died: two U0 cannot exist side by side.
#pragma once

#include "libpod/store/paths.hh"
#include "libpod/sys/lock.hh"
#include "libpod/sys/userns.hh"

namespace lichen::engine {

/// Membership of this process in U0, for as long as it lives.
class UsernsMember {
 public:
  UsernsMember() = default;
  UsernsMember(std::string path, sys::FileLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  UsernsMember(UsernsMember&& other) noexcept : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}
  UsernsMember& operator=(UsernsMember&& other) noexcept;
  ~UsernsMember();

  explicit operator bool() const { return static_cast<bool>(lock_); }
  int fd() const { return lock_.fd(); }
  /// The registration now belongs to whoever has inherited the descriptor.
  void hand_over() { path_.clear(); }

 private:
  std::string path_;
  sys::FileLock lock_;
};

/// Bring this single-threaded process into U0. In U0 already, or real root: only registers.
///
/// @throws Error{unsupported|permission|not_found} as sys::enter_new_user_namespace
UsernsMember enter_userns(const store::Paths& paths);

/// Register this process, which is in U0 (a forked child: the registration of its parent is not its own).
UsernsMember register_member(const store::Paths& paths);

/// Whether U0 would have only one id, and why.
struct MapPlan {
  sys::IdMaps maps;
  std::string single_id_reason;  // empty: full range
};
MapPlan plan_maps();

}  // namespace lichen::engine
