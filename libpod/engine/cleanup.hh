// What a killed monitor or a reboot left behind. Idempotent, and done by whatever command comes next: there is no
// repair command that a user must know.
#pragma once

#include "libpod/engine/engine.hh"

namespace lichen::engine {

/// Load a container. One that is lost (its monitor died) is brought to its end first: its processes are killed, the
/// record says exited, and with --rm it is removed.
/// @throws Error{not_found} no such container, or it was just removed; Error{invalid} damaged record
store::ContainerRecord load_container(Engine& engine, const std::string& id);

/// Find by name or id and load.
store::ContainerRecord find_container(Engine& engine, const std::string& name_or_id);

/// All containers; damaged ones are reported through `on_damaged` and left out.
std::vector<store::ContainerRecord> load_all_containers(
    Engine& engine, const std::function<void(const std::string& id, const Error&)>& on_damaged);

/// Wait until the monitor has let go of the container (its mounts are gone then). @throws Error{conflict} timeout
void wait_for_monitor_end(const Engine& engine, const std::string& id, std::chrono::milliseconds timeout);

/// true: no monitor works on it. false: one does, or it is gone, and the record must be read again. A monitor that
/// starts a container, or ends it, is done within moments. @throws Error{conflict} it is not
bool wait_for_quiet(Engine& engine, const std::string& id);

/// Have the OCI runtime forget a container that its dead monitor could not delete. Nothing to forget is fine.
/// @stage in U0
void discard_runtime_state(const Engine& engine, const spec::ContainerConfig& config);

/// Kill the container's first process without its monitor: the last resort.
void kill_init(Engine& engine, const wire::ContainerState& state, int signal);

}  // namespace lichen::engine
