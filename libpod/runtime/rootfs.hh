// The container's root: from a host directory to the root of a mount namespace, in named steps that init calls in
// order.
#pragma once

#include <string>

#include "libpod/spec/oci_spec.hh"
#include "libpod/sys/unique_fd.hh"

namespace lichen::runtime {

/// Cut the mount namespace off from the host (linux.rootfsPropagation; private when absent) and make root.path a mount
/// point.
/// @param host_path  absolute
/// @param locked     our mount namespace is a copy made for another user namespace: the kernel has locked all mounts of
///                   it (mount_namespaces(7)), and pivot_root(2) refuses such a one as the root
/// @return the root, open with O_PATH; all later steps act through it
/// @stage  init, in a mount namespace of its own
sys::UniqueFd prepare_root(const std::string& host_path, const std::string& propagation, bool locked = false);

/// Enter the root for good, then make it read-only and give it its propagation.
void enter_root(int root, bool readonly, const std::string& propagation);

}  // namespace lichen::runtime
