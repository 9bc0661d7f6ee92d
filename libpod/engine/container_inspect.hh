// lichen inspect of a container: docker's document (API 1.51) with podman's additions where they cost nothing.
#pragma once

#include <string>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

/// @param size  count SizeRw and SizeRootFs too; walks the container's files in U0
/// @throws Error{not_found} no such container; Error{invalid} damaged record
Json inspect_container(Engine& engine, const std::string& name_or_id, bool size);

/// The HostConfig part. Pure.
Json host_config_object(const spec::ContainerConfig& config);

}  // namespace lichen::engine
