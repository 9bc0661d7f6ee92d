#include "libpod/engine/launch_volumes.hh"

#include <set>

#include "libpod/base/error.hh"
#include "libpod/engine/copy_up.hh"
#include "libpod/engine/volume_mount.hh"
#include "libpod/engine/volume_owner.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/mount.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <sys/stat.h>

namespace lichen::engine {
namespace {

// The path within a volume is resolved once, beneath the volume, and what it led to is kept as a mount: another
// container that swaps in a symlink afterwards changes nothing (CVE-2017-1002101 was that race).
std::string mount_subpath(const spec::MountConfig& mount, const std::string& data, PrivatePlace& place,
                          std::size_t number) {
  const auto volume = sys::open_path(data, O_PATH | O_DIRECTORY);
  const auto found = sys::open_in_root_if_exists(volume.get(), mount.subpath, O_PATH);
  if (!found)
    throw Error(ErrorKind::not_found, format("volume '{}': there is no '{}' in it", mount.source, mount.subpath))
        .with_hint("make it first, with a container that mounts the whole volume");
  struct stat info {};
  if (::fstat(found->get(), &info) != 0) throw_errno("look at '{}' of volume '{}'", mount.subpath, mount.source);
  const std::string target = format("{}/volume-{}", place.path(), number);
  if (S_ISDIR(info.st_mode))
    sys::make_directory(target, 0700);
  else
    sys::write_file(target, "", 0600);
  const auto bound = sys::clone_mount(found->get(), "", /*recursive=*/true, mount.subpath);
  sys::attach_mount_at(bound.get(), target);
  return target;
}

}  // namespace

void prepare_volumes(const Engine& engine, const spec::ContainerConfig& config, int root, PrivatePlace& place,
                     spec::HostFacts& facts) {
  std::set<std::string> mounted, seen;
  std::size_t number = 0;
  for (const auto& mount : config.mounts) {
    if (mount.type != spec::MountType::volume) continue;
    const std::string data = engine.volumes.data_path(mount.source);
    if (seen.insert(mount.source).second && mount_volume(engine, mount.source)) mounted.insert(mount.source);
    facts.volume_paths[mount.source] = data;
    if (!mount.subpath.empty()) {
      facts.volume_paths[spec::volume_key(mount)] = mount_subpath(mount, data, place, ++number);
    } else {
      const bool is_mounted = mounted.contains(mount.source);
      const bool filled = !mount.no_copy && copy_up_volume(root, mount.destination, data, is_mounted);
      if (!filled && !is_mounted) give_new_volume(config, data, facts.user);
    }
  }
  give_sources_to_user(engine, config, facts.user);
}

}  // namespace lichen::engine
