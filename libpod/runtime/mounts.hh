// One entry of the OCI `mounts` list: made detached, given its attributes, attached in the container's root.
//
// Every destination is resolved beneath the root by the kernel (sys/resolve); from then on only descriptors are used: a
// symlink that the image holds, or that another container swaps in meanwhile, leads to a place in this root or nowhere
// (C03, C04, C08).
#pragma once

#include "libpod/spec/oci_spec.hh"
#include "libpod/sys/unique_fd.hh"

namespace lichen::runtime {

struct MountContext {
  int root = -1;  // O_PATH, the container's root, whose mounts nobody else sees yet
  bool own_cgroup_namespace = false;
  int source = -1;  // of a bind, when it was opened before (try_open_source)
};

/// The source of a bind, or nothing: not a bind, or it cannot be opened (then mount_entry says why).
sys::UniqueFd try_open_source(const spec::OciMount& mount);

/// @throws Error with "mounts[destination]" context
/// @stage   init, before the root changes
/// @must    be called in the order of the spec: later mounts lie on earlier ones
/// @return  the mount that was made; empty for a remount
sys::UniqueFd mount_entry(const MountContext& context, const spec::OciMount& mount);

/// "bind", or an option says bind; type "none" with bind too (Slurm writes that).
bool is_bind(const spec::OciMount& mount);

}  // namespace lichen::runtime
