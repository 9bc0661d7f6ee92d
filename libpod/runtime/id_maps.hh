// The id maps of a user namespace that a child of ours was made with.
#pragma once

#include <vector>

#include <sys/types.h>

#include "libpod/spec/oci_spec.hh"

namespace lichen::runtime {

/// Write uid_map, setgroups and gid_map of `child`: directly when the kernel lets us (we are privileged over the ids,
/// or it is our own id alone), else with newuidmap(1) and newgidmap(1).
///
/// @param child  in a new user namespace, waiting; pid in our pid namespace
/// @throws Error{permission|not_found|system}
/// @stage   parent, before the child is told to go on
/// @source  user_namespaces(7)
void write_id_maps(pid_t child, const std::vector<spec::OciIdMapping>& uids,
                   const std::vector<spec::OciIdMapping>& gids);

}  // namespace lichen::runtime
