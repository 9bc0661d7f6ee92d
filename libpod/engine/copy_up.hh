// Docker's copy-up: a new, empty volume gets what the image has at the place where the volume is mounted.
#pragma once

#include <string>

namespace lichen::engine {

/// Fill the volume whose data directory is `volume_data` (volumes/<name>/data) with the directory `container_path` of a
/// root file system, and give the data directory itself that directory's owner, mode and xattrs. Nothing happens when
/// the volume holds something or when the path is missing or no directory. The path is resolved by the kernel beneath
/// `rootfs` alone (security.md C38): a symlink in the image leads to a place in the image.
///
/// Killed half-way, the next call goes on: entries are copied aside first and moved in when all are there. Two callers
/// at once: one works, the other waits.
/// A volume that is mounted over its data directory (volume_mount.hh) is filled in place, as nothing can be moved in.
/// @return whether the volume was filled by this call
/// @throws Error{system|permission} naming the entry; Error{conflict} another command fills it for too long
bool copy_up_volume(int rootfs, const std::string& container_path, const std::string& volume_data,
                    bool is_mounted = false);

}  // namespace lichen::engine
