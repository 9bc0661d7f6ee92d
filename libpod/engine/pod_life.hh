// lichen pod start, stop, restart, kill, pause and unpause: the same to all containers of a pod, in an order in which
// those that others need come first, and the other way round at the end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "libpod/engine/pods.hh"

namespace lichen::engine {

/// The holder, then init containers one after the other to their end, then the others. Those that run stay as they are;
/// but those that have lost their holder are started anew, since its namespaces cannot be had again.
/// @throws Error{system} an init container failed; Error of the first container that could not be started
void start_pod(Engine& engine, const std::string& name_or_id);

/// All containers are asked first and waited for then; the holder comes last.
/// @param timeout_s  nullopt: each container's own; -1: wait for ever
void stop_pod(Engine& engine, const std::string& name_or_id, std::optional<std::int64_t> timeout_s);
void stop_members(Engine& engine, const Pod& pod, std::optional<std::int64_t> timeout_s);

void restart_pod(Engine& engine, const std::string& name_or_id);
/// Send a signal to all that run. @throws Error{conflict} none does
void kill_pod(Engine& engine, const std::string& name_or_id, const std::string& signal);
void pause_pod(Engine& engine, const std::string& name_or_id);
void unpause_pod(Engine& engine, const std::string& name_or_id);

}  // namespace lichen::engine
