// Where sockets and locks live: one directory per user that su, cron, ssh and systemd units all find.
//
// XDG_RUNTIME_DIR is set in some sessions and not in others; two commands that used different directories would each
// believe that the other's containers are dead. So the first command that needs one decides, and <root>/run, a symlink,
// remembers it: later commands follow the symlink while it leads to a directory that is ours (owner, mode 0700, no
// symlink itself).
#pragma once

#include <string>

namespace lichen::engine {

/// The run directory for the store at `root`, made when missing.
///
/// @param wanted           --runroot or the like; used as it is
/// @param xdg_runtime_dir  may be empty, or not ours: ignored then
/// @throws Error{permission} a wanted directory is not ours
std::string find_runtime_dir(const std::string& root, const std::string& wanted, const std::string& xdg_runtime_dir);

}  // namespace lichen::engine
