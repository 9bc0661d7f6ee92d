// The cgroup above those of a pod's containers, when the pod has limits. It is made in the cgroup place of who starts
// the container, as the container's own is (cgroup.hh); where limits cannot bind there, one warning says so.
#pragma once

#include "libpod/engine/engine.hh"
#include "libpod/spec/pod_config.hh"

namespace lichen::engine {

/// Make it and set the pod's limits. @param warn  about those that nobody will enforce @stage before a container of the
/// pod is started
void provide_pod_cgroup(const spec::PodConfig& pod, bool warn);
/// Take it away once it is empty; best effort.
void remove_pod_cgroup(const spec::PodConfig& pod);

}  // namespace lichen::engine
