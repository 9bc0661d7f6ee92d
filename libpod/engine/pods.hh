// Pods: what every verb about them needs. One verb family per file beside it (pod_create, pod_life, pod_remove, ...).
//
// A pod is its record (store/pod_store.hh), the containers whose records name it, and among these the holder, a
// container of ours without an image that keeps the shared namespaces (spec/pod_config.hh). Nothing else knows the
// holder: ports, networks, names, leases and crash recovery are those of any container.
#pragma once

#include <string>
#include <vector>

#include "libpod/engine/container_summary.hh"
#include "libpod/engine/engine.hh"
#include "libpod/spec/pod_config.hh"

namespace lichen::engine {

struct Pod {
  spec::PodConfig config;
  std::vector<ContainerSummary> containers;  // the holder first, then init containers, then the others, oldest first
  bool has_holder_record = false;

  const ContainerSummary* holder() const { return has_holder_record ? &containers.front() : nullptr; }
  /// Those that users made.
  std::vector<const ContainerSummary*> members() const;
  /// "Running", "Degraded", ... as podman says.
  std::string_view state() const;
};

/// @throws Error{not_found}, Error{invalid} a damaged record
Pod load_pod(Engine& engine, const std::string& name_or_id);
/// All pods with one look at the containers; a damaged one is reported and left out.
std::vector<Pod> load_pods(Engine& engine, const OnDamaged& on_damaged);

/// pod events: create start stop kill pause unpause remove.
void append_pod_event(const Engine& engine, const spec::PodConfig& pod, const std::string& action);

/// Do the same to several containers, go on after a failure, and at the end throw the first error; others are warned
/// of.
void for_each_container(const std::vector<const ContainerSummary*>& containers,
                        const std::function<void(const ContainerSummary&)>& each);

/// The id in a file that --pod-id-file wrote. @throws Error{usage} it holds none
std::string read_pod_id_file(const std::string& path);

}  // namespace lichen::engine
