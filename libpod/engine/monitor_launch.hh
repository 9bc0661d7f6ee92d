// Starting a container's monitor.
//
// Theory of operation. The command forks a child that becomes the monitor. Before it executes lichen-conmon the child
// makes what the monitor is to live in and keep alive: it registers in U0, gets the network namespace, makes a mount
// namespace and mounts the root file system there, copies images' content into new volumes, resolves the user and
// writes the OCI spec. All of it is the child's alone: if anything fails, or the command is killed, the child goes and
// the kernel undoes it. Errors travel back through spawn()'s pipe. From `created` on the two talk over the socket pair
// of wire/monitor_protocol.hh.
#pragma once

#include "libpod/engine/engine.hh"
#include "libpod/sys/lock.hh"
#include "libpod/sys/process.hh"

namespace lichen::engine {

struct Launched {
  sys::FileLock files;  // cp must not mount the container's files meanwhile (container_view.hh)
  sys::UniqueFd sync;   // the conversation with the monitor
  sys::Pid monitor;     // killed when dropped: release() once the container runs
  std::int64_t init_pid = 0;
};

/// Bring a container to the OCI state `created`: everything is set up, its process waits for `start`.
///
/// @param marker_fd  the marker of a container that is not published yet, or -1
/// @throws Error of any step; for a command that cannot be executed with exit_code() 126 or 127
Launched launch_monitor(Engine& engine, const spec::ContainerConfig& config, int marker_fd);

/// Let it run. After this returns the container is published and independent of this process.
void start_launched(Launched& launched);

}  // namespace lichen::engine
