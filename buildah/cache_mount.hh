// The directories of RUN --mount=type=cache: build/mounts/<key>/data, of one user, for all builds.
//
// The key is made of the id, the owner and, as in BuildKit, of what the cache began with (from=, source=). With
// sharing=private or locked one step at a time has a directory; the lock goes with the handle.
#pragma once

#include <functional>
#include <string>

#include "buildah/language/mount.hh"
#include "libpod/engine/engine.hh"
#include "libpod/sys/lock.hh"
#include "libpod/sys/unique_fd.hh"

namespace lichen::buildah {

struct CacheMount {
  sys::UniqueFd directory;  // O_PATH
  sys::FileLock lock;
};

/// @param mount  type=cache, with its id
/// @param fill   called with the path of a new directory before anybody else sees it; may be empty
/// @throws Error{timeout} a locked one is not free for a day
CacheMount open_cache_mount(const engine::Engine& engine, const language::ResolvedMount& mount,
                            const std::function<void(const std::string& directory)>& fill);

}  // namespace lichen::buildah
