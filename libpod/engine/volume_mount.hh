// Volumes that are more than a directory: the options type, device and o of the local driver.
//
// docker's daemon mounts such a volume on the host, as root. Here it is mounted over volumes/<name>/data in the mount
// namespace of each monitor that uses it: what the user may not mount himself, no container of his can have. A tmpfs is
// one for all containers that use it at the same time, as with docker: who comes second gets a copy of the first one's
// mount (open_tree(2) in its namespace); it is gone when the last of them is.
#pragma once

#include <map>
#include <string>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

/// Whether the options can be mounted here. @throws Error{usage} an unknown or missing option; Error{unsupported} what
/// only root can mount: the message has the reason
void check_volume_options(const std::string& name, const std::map<std::string, std::string>& options);

/// Mount a volume over its data directory; nothing to do for most. @return whether something is mounted there now
/// @stage in U0 and in a mount namespace of our own @throws Error{not_found} the volume, or its device
bool mount_volume(const Engine& engine, const std::string& name);

/// lichen volume mount: the volume's files for a look from `lichen unshare`, whose mount namespace keeps what must be
/// mounted. @return where they are @throws Error{unsupported} not in `lichen unshare`; Error{not_found}
std::string mount_volume_here(Engine& engine, const std::string& name);
/// Take that mount away; a volume that is just a directory has none. @throws Error{conflict} it is not mounted here, or
/// in use
void unmount_volume_here(Engine& engine, const std::string& name);

}  // namespace lichen::engine
