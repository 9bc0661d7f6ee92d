#include "buildah/prune.hh"

#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/build_cache.hh"
#include "libpod/engine/image_remove.hh"
#include "libpod/store/staging.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/lock.hh"

#include <sys/stat.h>

namespace lichen::buildah {
namespace {

bool is_older(const std::string& path, const PruneRequest& request) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return false;
  if (!request.until) return true;
  return Timestamp(std::chrono::seconds(info.st_mtim.tv_sec)) < *request.until;
}

void prune_mounts(engine::Engine& engine, const PruneRequest& request, Pruned& pruned) {
  const std::string directory = engine.paths.build() + "/mounts";
  if (!sys::is_directory(directory)) return;
  for (const auto& name : sys::list_directory(directory)) {
    const std::string place = directory + "/" + name;
    if (!is_older(place, request)) continue;
    const auto lock = sys::try_lock(place + "/lock", sys::LockMode::exclusive, /*create=*/true);
    if (!lock) continue;  // a build has it
    pruned.bytes += sys::disk_size(place);
    store::remove_through_staging(engine.paths, place);
  }
}

// What --explain compares with (step_history.hh), what servers have said of files (remote_files.hh).
void prune_files(const std::string& directory, const PruneRequest& request, Pruned& pruned) {
  for (const auto& name : sys::list_directory(directory)) {
    const std::string path = directory + "/" + name;
    if (!is_older(path, request)) continue;
    pruned.bytes += sys::disk_size(path);
    sys::remove_file(path);
  }
}

}  // namespace

Pruned prune_build_cache(engine::Engine& engine, const PruneRequest& request) {
  engine.enter_userns();
  Pruned pruned;
  const auto used = request.all ? std::set<std::string>{} : engine::layers_of_images(engine);
  std::set<std::string> candidates;
  const std::string steps = engine.paths.build() + "/steps";
  if (sys::is_directory(steps))
    for (const auto& name : sys::list_directory(steps)) {
      const std::string path = steps + "/" + name;
      if (!is_older(path, request)) continue;
      const auto target = sys::read_link(path);
      if (target && used.contains(*target)) continue;
      if (target && is_full_id(*target)) candidates.insert(*target);
      sys::remove_file(path);
    }
  // From the top down: a layer that another lies on stays. One round takes one level.
  for (bool removed = true; removed && !candidates.empty();) {
    removed = false;
    std::set<std::string> parents;
    for (const auto& id : engine.layers.list()) {
      try {
        parents.insert(engine.layers.get(id).parent);
      } catch (const Error& error) {
        log_debug("{}", error.what());
      }
    }
    for (auto candidate = candidates.begin(); candidate != candidates.end();) {
      if (parents.contains(*candidate)) {
        ++candidate;
        continue;
      }
      const std::int64_t size = sys::disk_size(engine.paths.layer(*candidate));
      std::int64_t recorded = 0;
      const auto gone = engine::remove_unused_layers(engine, {*candidate}, recorded);
      if (!gone.empty()) pruned.bytes += size;
      pruned.layers.insert(pruned.layers.end(), gone.begin(), gone.end());
      removed = removed || !gone.empty();
      candidate = candidates.erase(candidate);
    }
  }
  prune_mounts(engine, request, pruned);
  for (const char* folder : {"/last", "/remote"}) prune_files(engine.paths.build() + folder, request, pruned);
  return pruned;
}

}  // namespace lichen::buildah
