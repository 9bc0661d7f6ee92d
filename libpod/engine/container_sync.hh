// Single files of the host carried into a container, or taken away there: what compose watch does.
//
// As cp, but for a list of entries at once, and what is made belongs to the container's user (docker compose sends a
// tar with copyUIDGID).
#pragma once

#include <map>
#include <string>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct SyncItem {
  std::string path;       // of the host, absolute
  bool replaces = false;  // what is in its place is removed first, whatever it is
  bool is_gone = false;   // it is removed, with all that is in it
};
/// Absolute path in the container -> what is to be there. A directory is made, and nothing of what is in it is carried.
using SyncItems = std::map<std::string, SyncItem>;

/// Missing parents are made. What the host has no more when its turn comes is left out. The container may be running
/// or not.
/// @stage in a process of its own: it enters namespaces
/// @throws Error{conflict} a directory in the place of a file, or a mount in that of what goes
void sync_to_container(Engine& engine, const std::string& name_or_id, const SyncItems& items);

}  // namespace lichen::engine
