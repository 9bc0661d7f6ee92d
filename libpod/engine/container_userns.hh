// A container's own user namespace, nested in U0: --userns keep-id, nomap, auto, container:X.
//
// The map is chosen once, at creation, and is part of the record: files in the container's read-write layer have owners
// by it. So an `auto` range is taken as long as a record names it, and is free again when the container is removed.
//
// At the start the monitor-to-be makes the namespace itself, by a child that enters it (or joins X's) and makes the
// network namespace in it: a network namespace belongs to the user namespace that it was made in, and only root of that
// one may mount a sysfs, bind low ports or use NET_ADMIN. The runtime then joins by path. With --network host,
// container:X or ns:PATH the network belongs to somebody else: sysfs is bound and such capabilities have no effect.
#pragma once

#include "libpod/engine/engine.hh"
#include "libpod/sys/process.hh"

namespace lichen::engine {

/// Turn config.userns into uid_map and gid_map, "container:NAME" into "container:ID", and the user of a keep-id
/// container that has no other into the kept one.
/// @return held (auto) until the record is on disk: two commands must not choose the same range
/// @throws Error{unsupported|usage|not_found|conflict}
/// @stage in U0; image defaults are applied
sys::FileLock choose_container_userns(Engine& engine, spec::ContainerConfig& config);

/// Whether its network namespace is to be made inside of its user namespace.
bool makes_own_network(const spec::ContainerConfig& config);

struct ContainerUserns {
  sys::UniqueFd user;     // the namespace; empty: the container is in U0
  sys::UniqueFd network;  // a new network namespace in it, when wanted
};
/// @throws Error{conflict} container:X does not run; Error{permission|system}
/// @stage in U0, in the process that becomes the monitor, before it leaves the host's network namespace
ContainerUserns make_container_userns(Engine& engine, const spec::ContainerConfig& config);

}  // namespace lichen::engine
