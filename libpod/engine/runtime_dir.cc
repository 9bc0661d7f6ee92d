#include "libpod/engine/runtime_dir.hh"

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/lock.hh"

#include <sys/stat.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

// A directory, not a symlink, owned by us, closed to all others: nobody else can have put anything there (C40).
bool is_private_directory(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == ::geteuid() &&
         (info.st_mode & 0077) == 0;
}

bool is_own_directory(const std::string& path) {
  struct stat info {};
  return !path.empty() && path[0] == '/' && ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) &&
         info.st_uid == ::geteuid() && ::access(path.c_str(), W_OK) == 0;
}

std::string make_private(const std::string& path) {
  sys::make_directory(path, 0700);
  if (!is_private_directory(path))
    throw Error(ErrorKind::permission,
                format("use run directory '{}': it is not a directory of ours with mode 0700", path))
        .with_hint("remove it, or give another one with --runroot");
  return path;
}

// Somebody's directory "lichen" that others may enter is left alone: the pointer in our root can lead to any name.
std::string make_below(const std::string& folder) {
  const std::string path = folder + "/lichen";
  sys::make_directory(path, 0700);
  return is_private_directory(path) ? path : make_private(path + "-" + random_hex(8));
}

std::string choose(const std::string& xdg_runtime_dir) {
  if (is_own_directory(xdg_runtime_dir)) return make_below(xdg_runtime_dir);
  const std::string standard = format("/run/user/{}", ::geteuid());
  if (is_own_directory(standard)) return make_below(standard);
  // /tmp is shared: the name is random, and only the symlink in our own home leads to it.
  return make_private(format("/tmp/lichen-{}-{}", ::geteuid(), random_hex(16)));
}

}  // namespace

std::string find_runtime_dir(const std::string& root, const std::string& wanted, const std::string& xdg_runtime_dir) {
  if (!wanted.empty()) {
    sys::make_directories(wanted, 0700);
    return make_private(wanted);
  }
  const std::string pointer = root + "/run";
  if (const auto target = sys::read_link(pointer); target && is_private_directory(*target)) return *target;
  sys::make_directories(root, 0700);
  const auto lock = sys::wait_lock(root, sys::LockMode::exclusive, std::chrono::seconds(10));
  if (const auto target = sys::read_link(pointer); target && is_private_directory(*target)) return *target;
  const std::string chosen = choose(xdg_runtime_dir);
  const std::string temporary = root + "/.run." + random_hex(8);
  sys::make_symlink(chosen, temporary);
  sys::rename_path(temporary, pointer);
  return chosen;
}

}  // namespace lichen::engine
