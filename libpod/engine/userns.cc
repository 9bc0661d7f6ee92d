#include "libpod/engine/userns.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/process.hh"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

// Making U0 takes some milliseconds (two setuid helpers); two hundred commands may queue for it.
constexpr std::chrono::seconds kLockTimeout{30};

bool same_namespace(int fd, int other) {
  struct stat a {
  }, b{};
  return ::fstat(fd, &a) == 0 && ::fstat(other, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

bool is_ours(int fd) {
  uid_t owner = 0;
  return ::ioctl(fd, NS_GET_OWNER_UID, &owner) == 0 && owner == ::getuid();
}

// nullopt: it is no member any more. The kernel says EACCES for a process that ends while its link is followed, and for
// one that became lichen-oci, which lets nobody look into it; both have let go of their lock by then.
std::optional<sys::UniqueFd> open_member(const std::string& pid, const std::string& file) {
  try {
    return sys::open_if_exists(AT_FDCWD, "/proc/" + pid + "/ns/user", O_RDONLY);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::permission || sys::is_locked(file)) throw;
    return std::nullopt;
  }
}

// Files of dead members that a command removes beside what it came for: more than it leaves itself.
constexpr int kSwept = 8;

// Removes the file of a member that is dead. Held shared, it looks unlocked to everybody else, and a new process with
// this pid cannot register before it is gone, and makes it again.
bool sweep_dead(const std::string& file) {
  const auto lock = sys::try_lock(file, sys::LockMode::shared, /*create=*/false);
  if (lock) sys::remove_file(file);
  return lock.has_value();
}

// In which order the kernel lists them is its own affair: each command begins elsewhere, so that none is always last.
std::vector<std::string> member_files(const store::Paths& paths) {
  std::vector<std::string> files;
  for (const auto& name : sys::list_directory(paths.userns_members()))
    if (parse_uint(name)) files.push_back(name);
  if (!files.empty())
    std::rotate(files.begin(),
                files.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(::getpid()) * 7919 % files.size()),
                files.end());
  return files;
}

// The user namespace of a living member.
std::optional<sys::UniqueFd> find_member(const store::Paths& paths) {
  const sys::UniqueFd own = sys::open_path("/proc/self/ns/user", O_RDONLY);
  std::optional<sys::UniqueFd> found;
  int left = kSwept;
  for (const auto& name : member_files(paths)) {
    if (found && left-- == 0) break;
    const std::string file = paths.userns_members() + "/" + name;
    if (sweep_dead(file) || found) continue;
    auto fd = open_member(name, file);
    // Locked after the open still: the descriptor is that member's, not a later process' with the same pid.
    if (fd && sys::is_locked(file) && !same_namespace(fd->get(), own.get()) && is_ours(fd->get()))
      found = std::move(fd);
  }
  return found;
}

}  // namespace

UsernsMember& UsernsMember::operator=(UsernsMember&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  return *this;
}

UsernsMember::~UsernsMember() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

UsernsMember register_member(const store::Paths& paths) {
  const std::string path = paths.userns_members() + "/" + std::to_string(::getpid());
  // Waiting: somebody who looks whether it is locked holds it for a moment.
  return {path, sys::wait_lock(path, sys::LockMode::exclusive, std::chrono::seconds(5), /*create=*/true)};
}

MapPlan plan_maps() {
  const auto ids = sys::subordinate_ids(::getuid());
  MapPlan plan{sys::default_maps(::getuid(), ::getgid(), ids), ids.problem};
  if (!plan.single_id_reason.empty()) return plan;
  if (sys::is_program_in_path("newuidmap") && sys::is_program_in_path("newgidmap")) return plan;
  plan.maps = {{{0, ::getuid(), 1}}, {{0, ::getgid(), 1}}};
  plan.single_id_reason = "newuidmap is not installed";
  return plan;
}

UsernsMember enter_userns(const store::Paths& paths) {
  if (sys::is_namespace_root()) return register_member(paths);
  {
    const auto lock = sys::wait_lock(paths.userns_lock(), sys::LockMode::shared, kLockTimeout, /*create=*/true);
    if (const auto fd = find_member(paths)) {
      sys::join_user_namespace(fd->get());
      return register_member(paths);
    }
  }
  const auto lock = sys::wait_lock(paths.userns_lock(), sys::LockMode::exclusive, kLockTimeout, /*create=*/true);
  if (const auto fd = find_member(paths)) {
    sys::join_user_namespace(fd->get());
    return register_member(paths);
  }
  const MapPlan plan = plan_maps();
  if (!plan.single_id_reason.empty())
    log_warn(
        "only one user id can be used in containers: {}; files of other users are recorded as such. `lichen doctor` "
        "says what to do",
        plan.single_id_reason);
  sys::enter_new_user_namespace(plan.maps);
  return register_member(paths);
}

}  // namespace lichen::engine
