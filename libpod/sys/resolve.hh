// The only way into a root file system that is not ours: names are resolved by the kernel beneath a root descriptor.
//
// openat2(2) with RESOLVE_IN_ROOT treats the root descriptor as "/" for absolute symlinks and "..", without a race;
// RESOLVE_NO_MAGICLINKS keeps /proc/PID/fd and the like from leading out. Linux 5.6 or newer; there is no unsafe
// fallback. A third of all known container CVEs are name look-ups that left the root (security.md, classes SYM, RACE,
// TAR).
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "libpod/sys/unique_fd.hh"

namespace lichen::sys {

/// Open `path` (absolute or relative, seen from inside) beneath `root`.
///
/// @param flags  of open(2); O_CLOEXEC is added. With O_NOFOLLOW the last component is not followed.
/// @throws Error{not_found|permission|system|unsupported}
UniqueFd open_in_root(int root, const std::string& path, int flags, mode_t mode = 0);
/// nullopt for ENOENT and ENOTDIR.
std::optional<UniqueFd> open_in_root_if_exists(int root, const std::string& path, int flags);

/// Open the directory `path` beneath `root`, making missing components (0755, owned by whom we are). Existing symlinks
/// are followed within the root; a dangling one is an error, never created through.
/// @return an O_PATH descriptor of the directory
UniqueFd make_directories_in_root(int root, const std::string& path, mode_t mode = 0755);

/// Open `path` beneath `root`; when it is missing, make an empty file there (parents too).
/// @return an O_PATH descriptor of the file
UniqueFd make_file_in_root(int root, const std::string& path, mode_t mode = 0644);

/// "/proc/self/fd/N", for system calls that take only paths; the kernel goes to the open file, not through a name.
std::string fd_path(int fd);

}  // namespace lichen::sys
