// fuse-overlayfs as a storage driver, and as the layer that shows an image with other owners.
//
// Theory of operation. The program unmounts and ends when nothing uses its mount any more. Started in the container's
// mount namespace, as `fuse-overlayfs DIR` would be, it would itself keep that namespace, hence its own mount, alive
// for ever once the monitor is killed. So the mount is made here, by fsopen(2) on a /dev/fuse that we open, and the
// program gets that descriptor ("/dev/fd/N" as mount point, libfuse 3.3) in a mount namespace of its own, copied before
// the mount is attached: the last user of the mount ends it.
//
// Nobody waits until it serves: the kernel queues the first requests meanwhile.
#pragma once

#include <string>

#include "libpod/engine/engine.hh"
#include "libpod/sys/overlay.hh"

namespace lichen::engine {

/// Whether the program is installed and /dev/fuse may be opened.
bool has_fuse_overlay(const Engine& engine);

/// Mount on `target`. An owner k of the layers is shown as to_host_id(map, k), and what is made through the mount is
/// stored the other way round; empty maps change nothing.
/// @throws Error{not_found} the program is missing; Error{unsupported} /dev/fuse cannot be used
/// @stage in U0 and in a mount namespace of our own
void mount_fuse_overlay(const Engine& engine, const sys::OverlayOptions& options, const spec::IdMap& uid_map,
                        const spec::IdMap& gid_map, const std::string& target);

}  // namespace lichen::engine
