// Kernel overlayfs mounts (Documentation/filesystems/overlayfs.rst).
#pragma once

#include <string>
#include <vector>

namespace lichen::sys {

struct OverlayOptions {
  std::vector<std::string> lower;  // directories, topmost first; at least one
  std::string upper, work;         // both empty: read-only
  bool volatile_upper = false;     // no sync of the upper directory: for containers whose files nobody wants back
};

/// Mount an overlay on `target` with `userxattr` (so that it works in a user namespace, Linux 5.11), nodev only where
/// asked by the caller afterwards.
///
/// Layers are given one by one (lowerdir+, Linux 6.7); older kernels get one option string, which may not exceed a
/// page, so /proc must be there and layers fewer than 240.
/// @throws Error{unsupported} the kernel or file system cannot do it (hint: fuse-overlayfs); Error{system}
void mount_overlay(const OverlayOptions& options, const std::string& target);

}  // namespace lichen::sys
