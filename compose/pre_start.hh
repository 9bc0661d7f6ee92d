// pre_start of a service: what runs before its container starts, each step in a container of its own that is gone
// afterwards (docker compose's init containers).
#pragma once

#include "compose/service_container.hh"
#include "compose/up_plan.hh"
#include "libpod/engine/engine.hh"

namespace lichen::compose {

/// Whether this replica has steps: the first has all, the others those that are `per_replica`.
bool has_pre_start(const Service& service, bool is_first);

/// One after another, with the service's networks and the volumes of the replica's container; what they say goes to
/// standard output. A container that has run before has had its steps.
/// @throws Error: one of them failed @stage in a child
void run_pre_start(engine::Engine& engine, const Project& project, const Service& service, const Replica& replica,
                   bool is_first, const ContainerSources& sources);

/// What steps that were cut off have left running. Nobody else brings the project up at the same time (turn.hh).
void remove_pre_start(engine::Engine& engine, const std::string& project);

}  // namespace lichen::compose
