// A copy of a mount that only another process sees.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "libpod/sys/unique_fd.hh"

#include <sys/types.h>

namespace lichen::engine {

/// A mount can only be copied by who is in its namespace: a child goes there and sends what it got.
/// @param path  what that process calls the root of the mount, from its own root; no symlink
/// @return a detached mount; nullopt when the process is gone or nothing is mounted there
/// @stage in U0
std::optional<sys::UniqueFd> copy_mount_of(pid_t pid, std::uint64_t start, const std::string& path);

}  // namespace lichen::engine
