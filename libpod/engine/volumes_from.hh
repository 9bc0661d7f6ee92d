// --volumes-from CONTAINER[:ro|rw]: a container gets the volumes and binds of another one, at the same places.
#pragma once

#include "libpod/engine/engine.hh"

namespace lichen::engine {

/// Add the mounts of the containers in config.volumes_from. A place that is taken already, by a flag or by an earlier
/// container, stays as it is (docker's rule); so this comes before the image's own volumes are added.
/// @throws Error{not_found} no such container; Error{usage} an unknown option
void add_volumes_from(Engine& engine, spec::ContainerConfig& config);

/// Remember that container `id` mounts an anonymous volume which belongs to another one: whoever removes that one finds
/// it. For a volume that is given by its name too (-v 0123...:/path).
void share_anonymous_volume(const Engine& engine, const std::string& volume, const std::string& id);

/// Whether a container other than `id` mounts the anonymous volume.
bool is_used_by_others(Engine& engine, const std::string& volume, const std::string& id);

}  // namespace lichen::engine
