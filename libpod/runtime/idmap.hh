// Id-mapped bind mounts (mount_setattr(2), MOUNT_ATTR_IDMAP).
#pragma once

#include "libpod/spec/oci_spec.hh"

namespace lichen::runtime {

/// Map the ids of a detached mount as `mount.uid_mappings` and `gid_mappings` say (container_id = id in the file
/// system, host_id = id that is seen).
/// @throws Error{unsupported} the file system or the user namespace does not allow it (a rootless user may map only
///         file systems that were mounted in the user's own namespace)
void apply_idmap(int mount, const spec::OciMount& spec, bool recursive);

}  // namespace lichen::runtime
