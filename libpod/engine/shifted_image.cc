#include "libpod/engine/shifted_image.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/fuse_overlay.hh"
#include "libpod/engine/vfs.hh"
#include "libpod/spec/userns_maps.hh"
#include "libpod/store/staging.hh"
#include "libpod/sys/fs.hh"

namespace lichen::engine {
namespace {

// FNV-1a: a name for the map, the same on every day.
std::string map_key(const spec::ContainerConfig& config) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const std::string text =
      join(spec::id_map_texts(config.uid_map), ",") + ";" + join(spec::id_map_texts(config.gid_map), ",");
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return format("{:016x}", hash);
}

std::string shifted_copy(const Engine& engine, const spec::ContainerConfig& config,
                         const std::vector<std::string>& lower) {
  const auto meta = engine.images.get(config.image_id);
  if (meta.chain_ids.empty()) return lower[0];
  const std::string place = engine.paths.layer(meta.chain_ids.back()) + "/shifted-" + map_key(config);
  if (sys::is_directory(place)) return place + "/diff";
  log_warn(
      "image {} is copied once for --userns {}, so that its files have the right owners: without fuse-overlayfs and "
      "/dev/fuse this kernel has no other way. Later containers with the same ids share the copy",
      config.image_name, config.userns);
  store::StagingDir staging(engine.paths);
  const OwnerShift shift{config.uid_map, config.gid_map};
  copy_layers(lower, staging.path() + "/copy", staging.path() + "/diff", &shift);
  sys::sync_file_system(staging.path());
  staging.publish(place);  // false: somebody else was faster, with the same files
  return place + "/diff";
}

}  // namespace

bool shifts_owners(const spec::ContainerConfig& config) {
  return config.rootfs_path.empty() && (spec::shifts_root(config.uid_map) || spec::shifts_root(config.gid_map));
}

bool stores_shifted_owners(const spec::ContainerConfig& config) {
  return shifts_owners(config) && config.storage_driver != "fuse-overlayfs";
}

std::string provide_shifted_image(const Engine& engine, const spec::ContainerConfig& config,
                                  const std::vector<std::string>& lower, const std::string& target) {
  if (!has_fuse_overlay(engine)) return shifted_copy(engine, config, lower);
  mount_fuse_overlay(engine, {.lower = lower, .upper = "", .work = ""}, config.uid_map, config.gid_map, target);
  return target;
}

}  // namespace lichen::engine
