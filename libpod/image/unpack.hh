// One layer's tar into layers/<chain-id>/diff, as overlay wants it, with the journal that makes the tar again.
//
// The archive is hostile. Every name is cleaned as text, refused when it climbs out, and its directory is then resolved
// by the kernel beneath diff/ (sys::open_in_root), as if diff/ were "/": a symlink of the layer may lead anywhere
// within the layer, never out of it. The last component is only made anew (O_EXCL, mknodat, linkat, ... never
// followed), what is in its way is moved aside first. Nobody else can see the directory (0700 above it), so nothing
// changes between two steps.
//
//   .wh.NAME        character device 0:0, overlay's whiteout (mknod of it is free in user namespaces since Linux 5.8)
//   .wh..wh..opq    user.overlay.opaque=y on the directory; a file of that name where there are no extended attributes
//   devices         not made: a user namespace cannot, and containers get their /dev from us. The journal keeps them.
//   xattrs          security.capability and user.*; never user.overlay.*, user.fuseoverlayfs.*, user.containers.*,
//   trusted.* owners          lchown when the id is mapped; with one id only, user.containers.override_stat instead
//   same name again the later entry wins; what it replaces moves to replaced/<n> when its data is in the tar
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libpod/image/journal.hh"
#include "libpod/image/tar_reader.hh"
#include "libpod/sys/userns.hh"

namespace lichen::image {

/// Watches what a layer costs; throws before the disk is full.
class SpaceGuard {
 public:
  /// @param directory  any path on the file system that is written to
  /// @param limit      bytes that may be added in all
  SpaceGuard(std::string directory, std::uint64_t limit) : directory_(std::move(directory)), limit_(limit) {}
  /// @throws Error{invalid} over the limit; Error{system, ENOSPC} the file system is nearly full
  void add(std::uint64_t bytes);

 private:
  std::string directory_;
  std::uint64_t limit_;
  std::uint64_t used_ = 0, checked_ = 0;
  bool first_ = true;
};

class LayerUnpacker {
 public:
  /// @param layer_dir  exists and is empty; diff/ is made in it
  /// @param maps       of our user namespace (sys::current_maps)
  LayerUnpacker(const std::string& layer_dir, sys::IdMaps maps, JournalWriter& journal, SpaceGuard& space);

  /// Unpack the whole tar and what follows its end mark. @return size of the tar in bytes
  /// @throws Error{invalid|unsupported|permission|system} naming the entry
  std::uint64_t unpack(ByteSource& tar);

 private:
  struct Place {
    int parent = -1;   // O_PATH descriptor of the directory, owned by the unpacker
    std::string base;  // last component
    std::string path;  // from diff/, without symlinks
  };
  struct DirectoryTime {
    std::string path;
    std::int64_t mtime;
    long nsec;
  };

  void unpack_entry(TarReader& reader, const TarEntry& entry);
  std::string clean_name(const std::string& name) const;
  Place locate(const std::string& clean);
  void open_parent(const std::string& parent);
  void clear_the_way(const Place& place, bool for_directory);
  void make_whiteout(const Place& place, const std::string& hidden);
  void make_file(TarReader& reader, const TarEntry& entry, const Place& place);
  void write_data(TarReader& reader, const TarEntry& entry, int fd, const std::string& path);
  void make_directory(const TarEntry& entry, const Place& place);
  void make_symlink(const TarEntry& entry, const Place& place);
  void make_hard_link(const TarEntry& entry, const Place& place);
  void make_fifo(const TarEntry& entry, const Place& place);
  void set_root_attributes(const TarEntry& entry);
  void set_open_attributes(const TarEntry& entry, int fd);
  void set_named_attributes(const TarEntry& entry, const Place& place);
  void set_opaque(int directory);
  void set_directory_times();
  bool check_owner(const TarEntry& entry) const;

  sys::UniqueFd layer_, root_;
  std::string root_path_;  // of root_, as /proc/self/fd shows it
  sys::IdMaps maps_;
  JournalWriter& journal_;
  SpaceGuard& space_;
  sys::UniqueFd parent_;
  bool parent_known_ = false;
  std::string parent_name_;  // what parent_ was looked up by
  std::string parent_path_;  // from diff/, "" for diff/ itself
  bool has_setgid_directory_ = false;
  std::uint32_t replaced_ = 0;
  sys::UniqueFd replaced_dir_;
  std::vector<DirectoryTime> times_;
};

}  // namespace lichen::image
