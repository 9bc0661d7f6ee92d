// A directory that overlayfs wrote (a build step's upper directory) becomes a layer where it lies: its tar is made as a
// stream of bytes that is hashed and written down in tar.journal, but never exists. So a layer costs one reading of its
// files and no copy.
//
// The same tree gives the same bytes, and so the same diff id: names in the order of their bytes, owners as numbers,
// whole seconds. What overlayfs says by marks is said as image-spec layer.md wants it:
//   character device 0:0, an empty file .wh.NAME          .wh.NAME       (the second is fuse-overlayfs' without mknod)
//   user.overlay.opaque=y and its kin, a .wh..wh..opq     .wh..wh..opq   first in the directory
//   sockets                                               left out: nobody listens there
//   the same file under several names                     hard links to the first
//   user.*, security.capability                           SCHILY.xattr; never the marks of overlay and its kin
//   user.containers.override_stat                         the owner, where only one id is mapped
// Opaque marks of fuse-overlayfs are replaced by overlayfs' own on disk too: whichever driver comes later reads the
// layer. diff/ itself is named only when it is not as LayerUnpacker makes it (0755, root's).
//
// Names in the tree are a container's: each is opened relative to its directory, never followed, and must still be what
// it was a moment before.
#pragma once

#include <cstdint>
#include <optional>

#include "libpod/base/digest.hh"
#include "libpod/sys/userns.hh"

namespace lichen::image {

struct AdoptedLayer {
  Digest diff_id;
  std::uint64_t tar_size = 0;
  std::uint64_t disk_size = 0;  // of diff/ and tar.journal
};

struct AdoptOptions {
  sys::IdMaps maps;  // of our user namespace
  /// Seconds; what is newer gets this time, in the tar and on disk.
  std::optional<std::int64_t> latest_time;
};

/// Write tar.journal beside diff/.
///
/// @param layer_dir  holds diff/, which nobody writes any more; what changes in it are times (latest_time) and marks
/// @throws Error{conflict} a file changed while it was read; Error{unsupported} what no layer can hold; Error{system}
///         each names the entry
AdoptedLayer adopt_directory(int layer_dir, const AdoptOptions& options);

}  // namespace lichen::image
