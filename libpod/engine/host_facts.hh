// What spec::generate must know about this host and this container's root file system.
#pragma once

#include "libpod/engine/engine.hh"
#include "libpod/engine/kept_user.hh"
#include "libpod/spec/generate.hh"

namespace lichen::engine {

/// Read /etc/passwd and /etc/group beneath `root` (an O_PATH descriptor of the mounted root file system) and resolve a
/// -u string. Files that are no regular files, or longer than 1 MiB, count as empty with a debug note: an image must
/// not hang or bloat us (C14).
/// @param config  of the container: its id maps say which ids there are
/// @param files   stand in for the files beneath `root` where they are set
/// @throws Error{not_found|usage} as spec::resolve_user; Error{unsupported} an id that the container does not have
spec::ResolvedUser resolve_container_user(int root, const spec::ContainerConfig& config, const std::string& user,
                                          const std::vector<std::string>& groups, const UserFiles& files = {});

/// USER[:GROUP] as an owner of files (COPY --chown): ids that exist nowhere are fine, and without a group it is the one
/// of the user's number (Dockerfile reference, "COPY --chown").
struct FileOwner {
  std::uint32_t uid = 0, gid = 0;
};
FileOwner resolve_file_owner(int root, const std::string& owner);

/// Groups of facts.device_edits that the container does not have are left out, with a warning.
void keep_mapped_groups(const spec::ContainerConfig& config, spec::HostFacts& facts);

/// The image's /etc/passwd, under the same limits.
std::string passwd_text(int root);

/// /etc/passwd and /etc/group with the kept user of a keep-id container, where they lack it.
UserFiles user_files(int root, const spec::ContainerConfig& config);

/// Of our bounding set: what a container can be given at most; empty stands for all. Real root inside a restricted
/// environment lacks some, and --privileged then means those that there are.
/// @stage in U0
std::vector<std::string> available_capabilities();

/// Everything but the user.
/// @stage in U0; in the monitor-to-be's namespaces for facts about them
spec::HostFacts collect_host_facts(Engine& engine, const spec::ContainerConfig& config);

}  // namespace lichen::engine
