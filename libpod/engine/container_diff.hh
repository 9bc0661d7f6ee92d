// lichen diff: which files a container has added, changed and deleted, read from its layers on disk.
//
// Nothing is mounted, so that it works alike for running and stopped containers and every storage driver: the
// read-write layer of an overlay lies on the image's layers; the vfs driver's whole copy is compared with them. What
// lichen itself puts in for its mounts (/etc/hosts, mount points) is no change of the container's.
#pragma once

#include <string>
#include <vector>

#include "libpod/engine/image_diff.hh"

namespace lichen::engine {

/// Sorted by path. @throws Error{not_found}; Error{unsupported} a container of --rootfs has no layers
std::vector<FileChange> diff_container(Engine& engine, const std::string& name_or_id);

/// The paths in a container that lichen mounts something on; nothing there belongs to its own layer.
std::set<std::string> mounted_paths(const spec::ContainerConfig& config);

/// The stacks of directories, topmost first, and the rules with which they are compared. @stage in U0
struct ContainerStacks {
  std::vector<std::string> now, before;
  StackRules rules;
};
ContainerStacks container_stacks(const Engine& engine, const spec::ContainerConfig& config);

}  // namespace lichen::engine
