#include "libpod/engine/rootfs.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/container_mount.hh"
#include "libpod/engine/fuse_overlay.hh"
#include "libpod/engine/shifted_image.hh"
#include "libpod/engine/vfs.hh"
#include "libpod/engine/volume_owner.hh"
#include "libpod/store/staging.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/mount.hh"
#include "libpod/sys/overlay.hh"
#include "libpod/sys/process.hh"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

std::string kernel_release() {
  utsname name{};
  ::uname(&name);
  return name.release;
}

void mount_with(const Engine& engine, const std::string& driver, const sys::OverlayOptions& options,
                const std::string& target, const spec::ContainerConfig* shift = nullptr) {
  if (driver == "overlay") return sys::mount_overlay(options, target);
  if (driver == "fuse-overlayfs")
    return mount_fuse_overlay(engine, options, shift != nullptr ? shift->uid_map : spec::IdMap{},
                              shift != nullptr ? shift->gid_map : spec::IdMap{}, target);
  throw_error(ErrorKind::invalid, "unknown storage driver '{}' in the container's record", driver);
}

// Mount, write through the mount, delete a lower file: what containers do. In a child with a mount namespace of its
// own.
bool probe_driver(const Engine& engine, const std::string& driver) {
  const store::StagingDir place(engine.paths);
  for (const char* name : {"lower", "upper", "work", "merged"}) sys::make_directory(place.path() + "/" + name, 0755);
  sys::write_file(place.path() + "/lower/file", "x");
  sys::Pid child = sys::fork_child([&] {
    try {
      if (::unshare(CLONE_NEWNS) != 0) throw_errno("make a mount namespace");
      const std::string merged = place.path() + "/merged";
      mount_with(engine, driver,
                 {.lower = {place.path() + "/lower"}, .upper = place.path() + "/upper", .work = place.path() + "/work"},
                 merged);
      sys::write_file(merged + "/new", "y");
      const bool works = sys::remove_file(merged + "/file") && !sys::exists(merged + "/file");
      ::umount2(merged.c_str(), MNT_DETACH);
      return works ? 0 : 1;
    } catch (const Error& error) {
      log_debug("storage driver {} does not work here: {}", driver, error.what());
      return 1;
    }
  });
  return child.wait().code == 0;
}

void make_own_mount_point(const std::string& path) {
  // A kernel mount inherits nothing from us, but the mount must not travel back to the host: real root's namespaces are
  // shared peers.
  if (::mount("none", "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) throw_errno("make mounts of '{}' private", path);
}

}  // namespace

std::string choose_storage_driver(const Engine& engine) {
  if (!engine.settings.storage_driver.empty()) return engine.settings.storage_driver;
  const std::string cache = engine.paths.cache() + "/storage-driver";
  const std::string release = kernel_release();
  if (const auto known = sys::read_cached(cache, 4096)) {
    const auto parts = split(trim(*known), ' ');
    if (parts.size() == 2 && parts[1] == release) return parts[0];
  }
  std::string driver = "vfs";
  for (const char* candidate : {"overlay", "fuse-overlayfs"})
    if (probe_driver(engine, candidate)) {
      driver = candidate;
      break;
    }
  if (driver == "vfs")
    log_warn(
        "neither overlay nor fuse-overlayfs works here: every container gets a full copy of its image (storage driver "
        "vfs). `lichen doctor` says why");
  sys::make_directory(engine.paths.cache(), 0700);
  sys::write_cached(cache, driver + " " + release + "\n");
  return driver;
}

std::vector<std::string> layer_directories(const Engine& engine, const std::string& image_id) {
  const auto meta = engine.images.get(image_id);
  std::vector<std::string> directories;
  for (auto it = meta.chain_ids.rbegin(); it != meta.chain_ids.rend(); ++it) {
    const std::string path = engine.paths.layer_diff(*it);
    if (!sys::is_directory(path))
      throw Error(ErrorKind::not_found,
                  format("image {}: its layer {} is missing from the store", image_id.substr(0, 12), it->substr(0, 12)))
          .with_hint("`lichen system check --repair` looks after it; pulling the image again brings the layer back");
    directories.push_back(path);
  }
  return directories;
}

namespace {

std::string provide_empty(const Engine& engine, const char* name) {
  std::string empty = engine.paths.cache() + name;
  sys::make_directories(empty, 0755);
  return empty;
}

// A read-only overlay needs two lower directories (overlayfs.rst, "Multiple lower layers"), and they must not be one
// and the same (ELOOP).
void fill_lower(const Engine& engine, std::vector<std::string>& lower, std::size_t least) {
  for (const char* name : {"/empty-layer", "/empty-layer-2"})
    if (lower.size() < least && std::ranges::find(lower, engine.paths.cache() + name) == lower.end())
      lower.push_back(provide_empty(engine, name));
}

// An image without layers: overlay wants at least one lower directory.
std::vector<std::string> lower_or_empty(const Engine& engine, const std::string& image_id) {
  auto lower = layer_directories(engine, image_id);
  if (lower.empty()) lower.push_back(empty_layer(engine));
  return lower;
}

// The container's own layer, made at its first mount: it becomes "/" of the container and must look like the image's.
std::string provide_upper(const spec::ContainerConfig& config, const std::string& rw, const std::string& lowest) {
  const std::string upper = rw + "/diff";
  struct stat top {};
  if (::stat(lowest.c_str(), &top) != 0) throw_errno("look at '{}'", lowest);
  if (!sys::make_directory(upper, 0755)) return upper;
  const HostOwner owner =
      stores_shifted_owners(config) ? host_owner(config, top.st_uid, top.st_gid) : HostOwner{top.st_uid, top.st_gid};
  if (::chown(upper.c_str(), owner.uid, owner.gid) != 0 && errno != EPERM && errno != EINVAL)
    throw_errno("set owner of '{}'", upper);
  if (::chmod(upper.c_str(), top.st_mode & 07777) != 0) throw_errno("set mode of '{}'", upper);
  return upper;
}

void mount_copy(const Engine& engine, const spec::ContainerConfig& config, const std::string& rw,
                const std::string& target) {
  const OwnerShift shift{config.uid_map, config.gid_map};
  if (!sys::exists(rw + "/diff"))
    copy_layers(layer_directories(engine, config.image_id), rw + "/copy", rw + "/diff",
                shifts_owners(config) ? &shift : nullptr);
  sys::bind_mount(rw + "/diff", target, /*recursive=*/false);
}

}  // namespace

void mount_rootfs_at(const Engine& engine, const spec::ContainerConfig& config, const std::string& target,
                     bool read_only) {
  make_own_mount_point(target);
  if (!config.rootfs_path.empty()) return sys::bind_mount(config.rootfs_path, target, /*recursive=*/true);
  const std::string rw = engine.paths.container(config.id) + "/rw";
  sys::make_directory(rw, 0700);
  if (config.storage_driver == "vfs") return mount_copy(engine, config, rw, target);
  if (!read_only) {
    const auto tree = borrow_mounted_root(engine, config.id);
    if (tree) return sys::attach_mount_at(tree->get(), target);
  }
  const bool shifted = shifts_owners(config);
  sys::OverlayOptions options{
      .lower = lower_or_empty(engine, config.image_id), .upper = "", .work = "", .volatile_upper = false};
  const std::string upper = provide_upper(config, rw, options.lower[0]);
  sys::make_directory(rw + "/work", 0700);
  if (shifted && config.storage_driver == "overlay")
    options.lower = {provide_shifted_image(engine, config, options.lower, target)};
  if (read_only) {
    options.lower.insert(options.lower.begin(), upper);
  } else {
    options.upper = upper;
    options.work = rw + "/work";
    options.volatile_upper = config.auto_remove;
  }
  mount_with(engine, config.storage_driver, options, target, shifted ? &config : nullptr);
}

std::string empty_layer(const Engine& engine) { return provide_empty(engine, "/empty-layer"); }

void make_upper(const std::string& upper, const std::string& topmost) {
  struct stat top {};
  if (::stat(topmost.c_str(), &top) != 0) throw_errno("look at '{}'", topmost);
  sys::make_directory(upper, 0755);
  if (::chown(upper.c_str(), top.st_uid, top.st_gid) != 0 && errno != EPERM && errno != EINVAL)
    throw_errno("set owner of '{}'", upper);
  if (::chmod(upper.c_str(), top.st_mode & 07777) != 0) throw_errno("set mode of '{}'", upper);
}

void mount_layers(const Engine& engine, const std::string& driver, sys::OverlayOptions options,
                  const std::string& target) {
  make_own_mount_point(target);
  fill_lower(engine, options.lower, options.upper.empty() ? 2 : 1);
  mount_with(engine, driver, options, target);
}

std::string mount_rootfs(const Engine& engine, const spec::ContainerConfig& config, bool read_only) {
  std::string target = engine.paths.container(config.id) + "/rootfs";
  sys::make_directory(target, 0755);
  mount_rootfs_at(engine, config, target, read_only);
  return target;
}

void mount_image(const Engine& engine, const std::string& image_id, const std::string& driver,
                 const std::string& target) {
  auto lower = lower_or_empty(engine, image_id);
  fill_lower(engine, lower, 2);
  mount_with(engine, driver == "vfs" ? "overlay" : driver, {.lower = lower, .upper = "", .work = ""}, target);
}

}  // namespace lichen::engine
