// Owners of what is mounted into a container: the U option of -v and --mount, and new volumes.
#pragma once

#include "libpod/engine/engine.hh"
#include "libpod/spec/user_spec.hh"

namespace lichen::engine {

/// The ids of U0 that stand for a user of the container. An id that has none (a map of one id) counts as the caller.
struct HostOwner {
  std::uint32_t uid = 0, gid = 0;
};
HostOwner host_owner(const spec::ContainerConfig& config, std::uint32_t uid, std::uint32_t gid);

/// U: give the source, with all beneath it on the same file system, to the container's user; symlinks themselves, never
/// what they point to. What has that owner already is not touched.
/// @throws Error{unsupported} a directory of the system, or a home directory; Error{permission} files of others
void give_sources_to_user(const Engine& engine, const spec::ContainerConfig& config, const spec::ResolvedUser& user);

/// A new, empty volume belongs to the caller. When that one has no id in the container nobody there could use it: then
/// the container's user gets it.
void give_new_volume(const spec::ContainerConfig& config, const std::string& data, const spec::ResolvedUser& user);

}  // namespace lichen::engine
