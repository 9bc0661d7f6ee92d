#include "buildah/cache_mount.hh"

#include "libpod/base/error.hh"
#include "libpod/base/sha256.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::buildah {
namespace {

using language::CacheSharing;
using language::ResolvedMount;

constexpr std::chrono::hours kWait{24};

std::string key_of(const ResolvedMount& mount) {
  std::string text = format("{}\n{}:{}", mount.id, mount.uid.value_or(0), mount.gid.value_or(0));
  if (!mount.from.empty()) text += format("\n{}\n{}", mount.from, mount.source);
  return sha256_hex(text);
}

// Made aside and renamed: a build that is killed here leaves no half-filled cache.
void provide_data(const std::string& place, const ResolvedMount& mount,
                  const std::function<void(const std::string&)>& fill) {
  if (sys::exists(place + "/data")) return;
  const auto lock = sys::wait_lock(place + "/making", sys::LockMode::exclusive, kWait, /*create=*/true);
  if (sys::exists(place + "/data")) return;
  const std::string fresh = place + "/filling";
  sys::remove_tree(fresh);
  sys::make_directory(fresh, 0755);
  if (fill) fill(fresh);
  if (::chown(fresh.c_str(), mount.uid.value_or(0), mount.gid.value_or(0)) != 0)
    throw_errno("give the cache '{}' to {}:{}", mount.id, mount.uid.value_or(0), mount.gid.value_or(0));
  if (::chmod(fresh.c_str(), mount.mode.value_or(0755)) != 0) throw_errno("set the mode of the cache '{}'", mount.id);
  sys::write_file(place + "/id", mount.id + "\n");
  sys::rename_no_replace(fresh, place + "/data");
}

}  // namespace

CacheMount open_cache_mount(const engine::Engine& engine, const ResolvedMount& mount,
                            const std::function<void(const std::string&)>& fill) {
  const std::string key = key_of(mount);
  for (int number = 0;; ++number) {
    const std::string place = engine.paths.build() + "/mounts/" + key + (number == 0 ? "" : format(".{}", number));
    sys::make_directories(place, 0700);
    CacheMount cache;
    if (mount.sharing == CacheSharing::locked)
      cache.lock = sys::wait_lock(place + "/lock", sys::LockMode::exclusive, kWait, /*create=*/true);
    if (mount.sharing == CacheSharing::separate) {
      auto lock = sys::try_lock(place + "/lock", sys::LockMode::exclusive, /*create=*/true);
      if (!lock) continue;
      cache.lock = *std::move(lock);
    }
    provide_data(place, mount, fill);
    ::utimensat(AT_FDCWD, place.c_str(), nullptr, 0);  // for `builder prune --filter until=`
    cache.directory = sys::open_path(place + "/data", O_PATH | O_DIRECTORY);
    return cache;
  }
}

}  // namespace lichen::buildah
