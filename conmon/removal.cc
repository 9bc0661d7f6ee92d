#include "conmon/removal.hh"

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/lock.hh"

#include <sys/mount.h>
#include <chrono>
#include <cstdio>

namespace lichen::conmon {

std::string rootfs_path(const wire::MonitorConfig& config) {
  return config.rootfs.empty() ? config.container_dir + "/rootfs" : config.rootfs;
}

namespace {

// An anonymous volume that another container got by --volumes-from: "shared" has the ids of all of them.
bool is_used_by_another(const wire::MonitorConfig& config, const std::string& directory) {
  const auto ids = sys::read_file_if_exists(directory + "/shared", 1 << 20);
  if (!ids) return false;
  for (const auto& id : split(*ids, '\n'))
    if (is_full_id(id) && id != config.id && sys::exists(parent_path(config.container_dir) + "/" + id)) return true;
  return false;
}

}  // namespace

void publish(const wire::MonitorConfig& config) {
  if (config.passing_path.empty())
    sys::remove_file(config.marker_path);
  else
    sys::rename_path(config.marker_path, config.passing_path);
}

std::vector<std::string> hide_container(const wire::MonitorConfig& config) {
  std::vector<std::string> directories = config.remove_dirs;
  if (directories.empty()) directories.push_back(config.container_dir);
  std::vector<std::string> hidden;
  for (const auto& directory : directories) {
    if (is_used_by_another(config, directory)) continue;
    const std::string target = config.staging_dir + "/" + random_hex(16);
    // Across file systems (a volume elsewhere) there is no rename: it is deleted where it stands.
    if (!config.staging_dir.empty() && ::rename(directory.c_str(), target.c_str()) == 0) {
      hidden.push_back(target);
    } else {
      hidden.push_back(directory);
    }
  }
  for (const auto& link : config.remove_links) {
    try {
      // Locked as in store/container_store: a command that finds the name dead may be taking it over.
      const auto lock = sys::wait_lock(parent_path(link), sys::LockMode::exclusive, std::chrono::seconds(2));
      const auto target = sys::read_link(link);
      if (target && base_name(*target) == config.id) sys::remove_file(link);
    } catch (const Error&) {
      // A dangling name is free for the next container (store/container_store).
    }
  }
  if (!config.passing_path.empty() && !sys::exists(config.container_dir)) sys::remove_file(config.passing_path);
  return hidden;
}

void delete_hidden(const wire::MonitorConfig& config, const std::vector<std::string>& paths) {
  // Detached: a reader that still holds a file of it keeps it until it is done. Our mount namespace is private, so
  // nobody else's view changes. EINVAL (not a mount point: vfs, --rootfs) is fine.
  std::string root = rootfs_path(config);
  ::umount2(root.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
  for (const auto& path : paths) {
    // The directory may have moved from under the mount point's name.
    ::umount2((path + "/rootfs").c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
    ::umount2((path + "/data").c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);  // a volume with driver options
    try {
      sys::remove_tree(path);
    } catch (const Error&) {
    }
  }
}

}  // namespace lichen::conmon
