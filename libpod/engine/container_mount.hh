// lichen mount and unmount: a container's root file system, for a look or a change from the host.
//
// As for images (image_mount.hh) the mounts live in the mount namespace of `lichen unshare`. There is never more than
// one overlay with the same upper directory, which the kernel leaves undefined (overlayfs.rst, "Sharing and copying
// layers"): whoever comes second takes a copy of the mount that is there. So a mount of a container that runs is its
// live root, seen from the monitor's namespace without the volumes; and a container that is started while it is mounted
// runs on that mount (rootfs.hh).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libpod/engine/engine.hh"
#include "libpod/sys/unique_fd.hh"

namespace lichen::engine {

struct MountedContainer {
  std::string id, name, path;
};

/// @return where it is mounted; one that is mounted already stays where it is. With --rootfs: that directory itself
/// @throws Error{unsupported} not in `lichen unshare`; Error{not_found}
MountedContainer mount_container(Engine& engine, const std::string& name_or_id);
/// Those mounted in this mount namespace.
std::vector<MountedContainer> mounted_containers(Engine& engine);
/// @param force  although something still uses it @throws Error{conflict} it is not mounted here, or in use
void unmount_container(Engine& engine, const std::string& name_or_id, bool force);

/// A process that has the container mounted by `lichen mount`; nullopt: nobody has.
std::optional<std::int64_t> process_with_container(const Engine& engine, const std::string& id);
/// A detached copy of a mount that somebody has made by `lichen mount`; nullopt: there is none.
/// @stage in U0 and in a mount namespace of our own
std::optional<sys::UniqueFd> borrow_mounted_root(const Engine& engine, const std::string& id);

}  // namespace lichen::engine
