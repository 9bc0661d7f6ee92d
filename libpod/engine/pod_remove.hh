// lichen pod rm and pod prune.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct PodRemoveOptions {
  bool force = false;                     // stop running containers first
  std::optional<std::int64_t> timeout_s;  // for that; nullopt: each container's own
};

/// Remove a pod with its containers and their anonymous volumes. A killed removal leaves a pod with fewer containers.
/// @throws Error{conflict} a container runs and force is not set; Error{not_found}
void remove_pod(Engine& engine, const std::string& name_or_id, const PodRemoveOptions& options);

/// Remove every pod that has stopped (podman: those that never ran stay). @return their ids
std::vector<std::string> prune_pods(Engine& engine);

}  // namespace lichen::engine
