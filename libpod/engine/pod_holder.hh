// The holder of a pod's namespaces: made with the pod, started with it or with its first container.
//
// A member's start (monitor_launch.cc) goes through enter_pod(). With the exit policy `stop` it takes a shared lock on
// members.lock first and gives it to its monitor: that who ends and can have the lock alone was the last, and ends the
// holder. Who starts at that moment waits for the lock, finds no holder and starts one again.
#pragma once

#include "libpod/engine/engine.hh"
#include "libpod/spec/pod_config.hh"
#include "libpod/sys/lock.hh"

namespace lichen::engine {

/// Make the holder's record if there is none: a killed command may have left the pod without.
void provide_holder(Engine& engine, const spec::PodConfig& pod);

/// Start the holder unless it runs. @throws Error{conflict} it is paused
void start_holder(Engine& engine, const spec::PodConfig& pod);

struct PodPlace {
  sys::FileLock hold;         // nobody removes the pod meanwhile
  sys::FileLock last_one;     // shared; nothing with the policy `continue`
  std::string holder_socket;  // the control socket of the holder's monitor
};
/// What a container needs of its pod before it starts; nothing when it is in none. @throws Error{not_found} the pod is
/// gone
PodPlace enter_pod(Engine& engine, const spec::ContainerConfig& config);

}  // namespace lichen::engine
