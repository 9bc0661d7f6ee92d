// What else than stat(2) tells belongs to a tar entry: extended attributes, recorded owners, opaque marks, targets of
// symlinks. All by descriptor.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "libpod/image/tar_reader.hh"

namespace lichen::image {

/// Add what a layer may hold of the file's or directory's extended attributes to `entry`, by name.
///
/// @param owners_recorded  only one id is mapped: owner and mode are what user.containers.override_stat says. Not else:
///                         whoever may write a file may write this attribute, and root would be his for the asking.
/// @throws Error{unsupported} more than lichen's own reader takes
void read_attributes(int fd, TarEntry& entry, bool owners_recorded);

/// overlayfs' and fuse-overlayfs' mark that a directory hides all that lies beneath.
bool has_opaque_mark(int directory);

/// Give an opaque directory overlayfs' own mark, which all drivers read, and take the files and devices called `others`
/// away, which only one of them reads. Without extended attributes all stays.
/// @return whether anything was taken away
bool unify_opaque_mark(int directory, std::initializer_list<std::string_view> others);

std::string read_target(int directory, const std::string& name);

}  // namespace lichen::image
