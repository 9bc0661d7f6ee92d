// lichen rm.
#pragma once

#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct RemoveOptions {
  bool force = false;    // kill a running one first
  bool volumes = false;  // its anonymous volumes too
  bool of_pod = false;   // with its pod: a holder may go too
};

/// @throws Error{conflict} it runs and force is not set, or it is the holder of a pod; Error{not_found}
void remove_container(Engine& engine, const std::string& name_or_id, const RemoveOptions& options);

/// The containers that use namespaces or volumes of this one, in an order in which they can be removed.
/// @throws Error{not_found}; Error{conflict} one of them all runs and force is not set
std::vector<std::string> dependent_containers(Engine& engine, const std::string& name_or_id,
                                              const RemoveOptions& options);

/// Remove the files of a container that has no monitor. @stage in U0
bool remove_stopped(Engine& engine, const spec::ContainerConfig& config, bool volumes);

struct PrunedContainers {
  std::vector<std::string> ids;
  std::int64_t bytes = 0;  // on disk
};
/// Remove every container that does not run. @param filters  label label! until
PrunedContainers prune_containers(Engine& engine, const std::vector<std::string>& filters);
/// @throws Error{usage} filters that prune_containers, prune_images and prune_volumes do not all know
void check_prune_filters(const std::vector<std::string>& filters);

}  // namespace lichen::engine
