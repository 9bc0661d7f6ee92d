// lichen image diff: what an image's last layer changes, or what differs between two images.
//
// Both sides are stacks of layer directories, read as overlayfs would show them (whiteouts, opaque directories), so
// that nothing has to be mounted. Where both stacks lead to the very same directories the comparison stops: of an image
// and its parent only the top layer is read.
#pragma once

#include <string>
#include <vector>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct FileChange {
  char kind = 'C';  // C changed, A added, D deleted: docker's letters
  std::string path;
};

/// Changes that lead from `base` to `image`, sorted by path. @param base  empty: the image without its last layer
/// @throws Error{not_found}
std::vector<FileChange> diff_images(Engine& engine, const std::string& image, const std::string& base);

}  // namespace lichen::engine
