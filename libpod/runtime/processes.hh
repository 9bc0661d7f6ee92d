// All processes of a container, and signals for them.
#pragma once

#include <vector>

#include <sys/types.h>

#include "libpod/runtime/state_file.hh"

namespace lichen::runtime {

/// From its cgroup when it has one, else those in its pid namespace, else (the pid namespace is shared) init and its
/// descendants.
std::vector<pid_t> container_processes(const ContainerRecord& record);

/// Signal init, or with `all` every process. @return false when init is gone and nothing was signalled
bool signal_container(const ContainerRecord& record, int signal, bool all);

/// SIGSTOP to every process, until none is left that runs (one that is told may have forked a moment before).
/// @throws Error{system} they fork faster than we stop them
void stop_processes(const ContainerRecord& record);

}  // namespace lichen::runtime
