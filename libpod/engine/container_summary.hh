// All containers, with as much of their records as listings and usage checks need.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

/// A record whose config has only: id name created image_id image_name rootfs_path labels entrypoint command mounts
/// network auto_remove restart healthcheck storage_driver pod_id cidfile secrets holder init_container. The other
/// members have their initial values.
using ContainerSummary = store::ContainerRecord;

struct SummaryOptions {
  bool with_unfinished = false;  // also those that a living command is making
  bool running_only = false;     // leaves the config of others unread
  bool brief = false;  // of containers that are not active only what docker's table shows: names, image, command, times
  bool settle = true;  // bring lost containers to their end first, as load_container does
};

using OnDamaged = std::function<void(const std::string& id, const Error&)>;

/// In no order. A container that goes meanwhile is left out; one with a damaged record is reported and left out.
std::vector<ContainerSummary> summarize_containers(Engine& engine, const SummaryOptions& options,
                                                   const OnDamaged& on_damaged);

/// The same without reports, for checks whether something is in use.
std::vector<ContainerSummary> containers_in_use_check(Engine& engine);

bool is_active(const ContainerSummary& container);  // running, paused or restarting

}  // namespace lichen::engine
