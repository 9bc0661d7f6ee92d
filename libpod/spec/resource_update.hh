// What `update` does with limits: the given ones take the place of the old ones, and a limit that is lifted has to be
// written out, for a cgroup keeps what nobody changes.
#pragma once

#include <set>
#include <string>

#include "libpod/spec/container_config.hh"
#include "libpod/spec/oci_spec.hh"

namespace lichen::spec {

/// `now` with the limits that `changes` has. 0 lifts a limit (also -1 for pids). --cpus and --cpu-period/--cpu-quota
/// are two ways of saying one thing: the one that is given replaces the other.
/// @throws Error{usage} docker's rules between the options (check_resources), an empty cpuset
ResourceConfig update_resources(const ResourceConfig& now, const ResourceConfig& changes);

/// What the OCI runtime is told for a container that runs: all limits of `updated` whose controller is there, and
/// "none" for those that `before` had and it has not.
OciResources resource_changes(const ResourceConfig& before, const ResourceConfig& updated,
                              const std::set<std::string>& controllers);

/// Whether there is anything in it that a runtime can set.
bool has_changes(const OciResources& resources);

}  // namespace lichen::spec
