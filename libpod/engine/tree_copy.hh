// A directory tree from descriptor to descriptor: the part that the vfs driver and the copy-up of volumes share.
//
// Only two descriptors are open at any depth: the walk goes down by openat(2) with O_NOFOLLOW and up by "..", so that a
// tree deeper than the limit of open files, or than PATH_MAX, is no obstacle. That is sound because nobody else changes
// either tree meanwhile: the source is a published layer or a mount of ours, the target is still private. Names are
// never looked up as paths.
#pragma once

#include <string_view>

#include "libpod/spec/container_config.hh"

namespace lichen::engine {

/// Owners of the copy: id k becomes to_host_id(map, k), and one that is not in the map the overflow id (nobody).
struct OwnerShift {
  spec::IdMap uids, gids;
};

enum class Whiteouts {
  plain_files,  // the source is a merged tree
  apply,        // the source is a layer: character devices 0:0 delete, opaque directories hide what is beneath them
};

/// Merge the content of the directory `from` into the directory `to`, and give `to` the owner, mode, xattrs and times
/// of `from`. What is in the way is replaced, directories are merged. Hard links within `from` stay hard links, holes
/// stay holes.
/// @throws Error{system|permission} naming the entry
void copy_tree(int from, int to, Whiteouts whiteouts, std::string_view what, const OwnerShift* shift = nullptr);

}  // namespace lichen::engine
