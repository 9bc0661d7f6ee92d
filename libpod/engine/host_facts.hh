// What spec::generate must know about this host and this container's root file system.
#pragma once

#include "libpod/engine/engine.hh"
#include "libpod/spec/generate.hh"

namespace lichen::engine {

/// Read /etc/passwd and /etc/group beneath `root` (an O_PATH descriptor of the mounted root file system) and resolve a
/// -u string. Files that are no regular files, or longer than 1 MiB, count as empty with a debug note: an image must
/// not hang or bloat us (C14).
spec::ResolvedUser resolve_container_user(int root, const std::string& user, const std::vector<std::string>& groups);

/// Everything but the user.
/// @stage in U0; in the monitor-to-be's namespaces for facts about them
spec::HostFacts collect_host_facts(Engine& engine, const spec::ContainerConfig& config);

}  // namespace lichen::engine
