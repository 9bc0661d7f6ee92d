// linux.maskedPaths and linux.readonlyPaths.
//
// What lies below /proc and /sys is looked up in the very mounts that were made there, not by their names: who shares
// the root file system with us (--rootfs) could exchange /proc with a directory of his between the mount and the mask,
// and have a procfs without masks where that directory was.
#pragma once

#include <string>
#include <vector>

#include "libpod/sys/unique_fd.hh"

namespace lichen::runtime {

/// A mount of ours and where it was made: "/proc", "/sys".
struct Anchor {
  std::string path;
  sys::UniqueFd mount;
};

/// Hide what is there: /dev/null over files, an empty read-only directory over directories. Paths that do not exist are
/// skipped. The source is checked to be the null device on the very mount that is attached (CVE-2025-31133).
/// @stage init, before the root changes: /dev/null is the host's
void mask_paths(int root, const std::vector<Anchor>& anchors, const std::vector<std::string>& paths);

/// Make what is there, and all mounts beneath, read-only. Paths that do not exist are skipped.
void make_paths_readonly(int root, const std::vector<Anchor>& anchors, const std::vector<std::string>& paths);

}  // namespace lichen::runtime
