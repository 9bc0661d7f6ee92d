// lichen pod ps and pod inspect.
#pragma once

#include <string>
#include <vector>

#include "libpod/engine/pods.hh"

namespace lichen::engine {

struct PodListRequest {
  std::vector<std::string>
      filters;       // ctr-ids ctr-names ctr-number ctr-status id label label! name network status until
  std::string sort;  // created id name number status; "" is created
  bool no_trunc = false;
};

/// @throws Error{usage} an unknown filter, value or order
std::vector<Pod> list_pods(Engine& engine, const PodListRequest& request, const OnDamaged& on_damaged);

/// Podman's placeholders: Cgroup ContainerIds ContainerNames ContainerStatuses Created ID Id InfraID InfraId Labels
/// Name Networks NumberOfContainers Restarts Status.
std::vector<Json> pod_rows(const std::vector<Pod>& pods, bool no_trunc);
/// Podman's array of `pod ps --format json`.
std::vector<Json> pod_objects(const std::vector<Pod>& pods);

/// @throws Error{not_found}
Json inspect_pod(Engine& engine, const std::string& name_or_id);

}  // namespace lichen::engine
