// The vfs driver: layers merged into one plain directory by copying (reflinks where the file system has them).
#pragma once

#include <string>
#include <vector>

#include "libpod/engine/tree_copy.hh"

namespace lichen::engine {

/// Merge `layers` (topmost first, as layer_directories gives them; overlay whiteouts and opaque directories) into
/// `scratch`, then rename it to `destination`. Owners, modes, times, xattrs, hard links within a layer and special
/// files are kept.
/// @param shift  other owners; nullptr: those of the layers
/// @throws Error{system} naming the entry
void copy_layers(const std::vector<std::string>& layers, const std::string& scratch, const std::string& destination,
                 const OwnerShift* shift = nullptr);

}  // namespace lichen::engine
