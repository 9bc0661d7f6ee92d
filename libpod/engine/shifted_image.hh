// An image's files with the owners that a container's id map wants, without touching the image.
//
// In a container with a map of its own (--userns keep-id, nomap, auto) root is not root of U0, but the image's files on
// disk belong to that one. They must be *shown* with other owners. What the kernel allows a user without privileges,
// measured with Linux 6.18, ext4, in U0:
//   - an id-mapped mount (mount_setattr(2), MOUNT_ATTR_IDMAP) of the layers on ext4: EPERM, for the superblock belongs
//     to the initial user namespace; of an overlay mounted in U0: EINVAL, overlayfs has no FS_ALLOW_IDMAP; of a tmpfs
//     mounted in U0: works, but an image is not in memory. FUSE has it from 6.12 on for servers that ask for
//     FUSE_ALLOW_IDMAP; fuse-overlayfs maps by itself and needs no kernel for it.
//   - fuse-overlayfs with uidmapping= as the *lower* directory of a kernel overlay: works. Reads of image files go
//     through FUSE and stay in the page cache; all that is written goes to ext4 without a detour.
// So: FUSE below a kernel overlay where /dev/fuse is there. Nothing is copied: `run --rm IMG true` of a Debian of 217
// MB took 17.1 ms the first time and every time, 13.1 ms without --userns (least of 40, side by side). What it costs is
// reading: all of its files once through FUSE 1.2 to 2.5 s, 0.4 to 0.5 s without. Else a
// copy of the image, made once for each image and map and kept in the top layer's directory
// (layers/<chain-id>/shifted-<key>), so that it goes with the layer. The storage driver fuse-overlayfs maps itself
// (and so keeps unshifted owners in the read-write layer), vfs copies with other owners.
#pragma once

#include <optional>
#include <string>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

/// Whether the image of this container must be shown with other owners.
bool shifts_owners(const spec::ContainerConfig& config);

/// Whether the owners of the files in its read-write layer are by its map: root is to_host_id(map, 0). Who makes an
/// image of that layer must give them back their numbers in the container.
bool stores_shifted_owners(const spec::ContainerConfig& config);

/// A directory with the image's files for `config`: one lower directory for an overlay.
/// @param target  directory where a mount may be made; the overlay may be mounted over it then
/// @stage in U0 and in a mount namespace of our own
std::string provide_shifted_image(const Engine& engine, const spec::ContainerConfig& config,
                                  const std::vector<std::string>& lower, const std::string& target);

}  // namespace lichen::engine
