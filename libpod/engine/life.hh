// lichen restart, pause, unpause and rename.
#pragma once

#include <optional>
#include <string>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

/// Stop and start. A running container keeps its monitor, network and attached clients; one that does not run is
/// started (docker's rule).
/// @param timeout_s, signal  as for stop_container
void restart_container(Engine& engine, const std::string& name_or_id, std::optional<std::int64_t> timeout_s,
                       const std::string& signal);

/// @throws Error{conflict} it does not run, or is paused already, or not paused
void pause_container(Engine& engine, const std::string& name_or_id);
void unpause_container(Engine& engine, const std::string& name_or_id);

/// @throws Error{conflict} the name is taken, Error{usage} it is no name
void rename_container(Engine& engine, const std::string& name_or_id, const std::string& new_name);

/// The id in a file that --cidfile of run or create wrote. @throws Error{usage} it holds none
std::string read_cidfile(const std::string& path);

}  // namespace lichen::engine
