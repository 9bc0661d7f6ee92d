#include "libpod/store/staging.hh"

#include <optional>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/sys/fs.hh"

namespace lichen::store {

StagingDir::StagingDir(const Paths& paths) {
  for (;;) {
    path_ = paths.staging() + "/" + random_hex(16);
    // A sweeper may see it in the moment before the lock: then it is gone or held, and the next name is tried.
    try {
      if (!sys::make_directory(path_, 0700)) continue;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found || !sys::exists(paths.staging())) throw;
      continue;
    }
    if (auto lock = sys::try_lock(path_, sys::LockMode::exclusive)) {
      lock_ = *std::move(lock);
      return;
    }
  }
}

StagingDir::StagingDir(StagingDir&& other) noexcept
    : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}

StagingDir::~StagingDir() {
  if (path_.empty()) return;
  try {
    sys::remove_tree(path_);
  } catch (const Error& error) {
    log_debug("{}", error.what());  // the next sweep takes it
  }
}

bool StagingDir::publish(const std::string& destination) {
  if (!sys::rename_no_replace(path_, destination)) return false;
  path_.clear();
  lock_ = {};
  return true;
}

sys::FileLock StagingDir::release() {
  path_.clear();
  sys::share_lock(lock_);
  return std::move(lock_);
}

namespace {

// On a full disk there is no block for one more directory, and removing is the way out: then what goes lies in staging
// itself. Nobody holds it, so a sweeper may take it at any time, which is what we are about to do.
std::optional<StagingDir> make_bin(const Paths& paths) {
  try {
    return StagingDir(paths);
  } catch (const Error& error) {
    if (error.saved_errno() != ENOSPC && error.saved_errno() != EDQUOT) throw;
    return std::nullopt;
  }
}

}  // namespace

bool remove_through_staging(const Paths& paths, const std::string& path) {
  const auto bin = make_bin(paths);
  const std::string place = bin ? bin->path() + "/removed" : paths.staging() + "/" + random_hex(16);
  try {
    sys::rename_path(path, place);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::not_found) return false;
    throw;
  }
  sys::remove_tree(place);
  return true;
}

int sweep_staging(const Paths& paths) {
  int swept = 0;
  for (const auto& name : sys::list_directory(paths.staging())) {
    if (name.starts_with("c-") || name.starts_with("r-")) continue;
    const std::string path = paths.staging() + "/" + name;
    try {
      const auto lock = sys::try_lock(path, sys::LockMode::exclusive);
      if (!lock) continue;
      sys::remove_tree(path);
      ++swept;
    } catch (const Error& error) {
      log_debug("{}", error.what());
    }
  }
  return swept;
}

}  // namespace lichen::store
