// linux.maskedPaths and linux.readonlyPaths.
#pragma once

#include <string>
#include <vector>

namespace lichen::runtime {

/// Hide what is there: /dev/null over files, an empty read-only directory over directories. Paths that do not exist are
/// skipped. The source is checked to be the null device on the very mount that is attached (CVE-2025-31133).
/// @stage init, before the root changes: /dev/null is the host's
void mask_paths(int root, const std::vector<std::string>& paths);

/// Make what is there, and all mounts beneath, read-only. Paths that do not exist are skipped.
void make_paths_readonly(int root, const std::vector<std::string>& paths);

}  // namespace lichen::runtime
