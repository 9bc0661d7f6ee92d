// Removing a container: its processes are gone, then its cgroup, its directory, the poststop hooks.
#pragma once

#include "libpod/runtime/options.hh"
#include "libpod/runtime/state_file.hh"
#include "libpod/spec/oci_spec.hh"

namespace lichen::runtime {

/// Kill all and wait for the end of init. @throws Error{system} it does not end within ten seconds
void kill_and_wait(const ContainerRecord& record);

/// @must the container is stopped
void remove_container(const std::string& root, const ContainerRecord& record);

}  // namespace lichen::runtime
