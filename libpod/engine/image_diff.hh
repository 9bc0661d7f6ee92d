// lichen image diff: what an image's last layer changes, or what differs between two images.
//
// Both sides are stacks of layer directories, read as overlayfs would show them (whiteouts, opaque directories), so
// that nothing has to be mounted. Where both stacks lead to the very same directories the comparison stops: of an image
// and its parent only the top layer is read.
#pragma once

#include <set>
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

/// What compare_stacks looks at besides the directories.
struct StackRules {
  spec::IdMap uids, gids;        // the owners of the first of the new directories are by these maps; empty: as they are
  std::set<std::string> hidden;  // paths that are not looked at, and directories made only for them are not shown
};

/// Changes between two stacks of layer directories, topmost first, sorted by path.
std::vector<FileChange> compare_stacks(const std::vector<std::string>& now, const std::vector<std::string>& before,
                                       const StackRules& rules);

}  // namespace lichen::engine
