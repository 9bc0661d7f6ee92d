// --pid, --ipc, --uts and --cgroupns with another container's namespace.
//
// Names become ids when a container is made, so that a renamed container is still found; at each start ids become paths
// of namespaces. An ipc namespace is shared together with its /dev/shm, as programs expect: a copy of that mount is
// made in the other container's mount namespace, where alone it can be made, and is put where only our monitor sees it.
#pragma once

#include "libpod/engine/engine.hh"
#include "libpod/engine/private_place.hh"
#include "libpod/spec/generate.hh"
#include "libpod/sys/unique_fd.hh"

namespace lichen::engine {

/// "container:NAME" of the four modes becomes "container:ID".
/// @throws Error{not_found}; Error{conflict} the other container keeps its ipc namespace to itself
void resolve_shared_namespaces(Engine& engine, spec::ContainerConfig& config);

/// Fills facts.namespace_paths and facts.shm_path.
/// @param kept  the namespaces of other containers: the monitor must have them from `first_fd` on. By these descriptors
/// a
///              restart finds them again, whatever has become of the other container and its process id.
/// @stage in U0 and in a mount namespace of our own @throws Error{conflict} the other container does not run
void join_shared_namespaces(Engine& engine, const spec::ContainerConfig& config, PrivatePlace& place,
                            spec::HostFacts& facts, int first_fd, std::vector<sys::UniqueFd>& kept);

}  // namespace lichen::engine
