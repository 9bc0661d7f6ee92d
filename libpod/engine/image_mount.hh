// lichen image mount and unmount: an image's files, read-only, for a look or a copy.
//
// An unprivileged user can mount only in a namespace of his own: `lichen unshare` makes one, and there the mounts live,
// on directories below the run directory, until they are unmounted or that namespace ends (podman's semantics).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct MountedImage {
  std::string id, path;
  std::vector<std::string> names;
};

/// @return where it is mounted; an image that is mounted already stays where it is
/// @throws Error{unsupported} not in `lichen unshare`; Error{not_found}
MountedImage mount_image_here(Engine& engine, const std::string& image);
/// Those mounted in this mount namespace.
std::vector<MountedImage> mounted_images(Engine& engine);
/// A process that has the image mounted, in whatever namespace; nullopt: nobody has. For those who would take the files
/// away. Costs nothing when the image was never mounted.
std::optional<std::int64_t> process_with_mount(const Engine& engine, const std::string& id);
/// @param force  although something still uses it @throws Error{conflict} it is not mounted here, or in use
void unmount_image(Engine& engine, const std::string& image, bool force);

}  // namespace lichen::engine
