// Copying a file tree that somebody else may change meanwhile, from descriptor to descriptor: what cp does.
//
// Theory of operation. The other side is hostile: a container may swap directories for symlinks, files for fifos, and
// names for other names between any two calls. So nothing is ever looked up by a path: each entry is opened by its name
// in a directory that is open, without following a symlink, what was opened is looked at again, and what is written is
// made anew (O_EXCL) or, where it cannot be replaced because it is a mount point, opened without following and only
// written when it is a regular file. Directories stay open on the way down, for ".." leads elsewhere when one is moved
// (engine/tree_copy goes by it, which is right for trees that are ours alone). So a swapped name can give a wrong or a
// missing file within the tree, and never a file outside of it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "libpod/sys/unique_fd.hh"

#include <sys/stat.h>

namespace lichen::engine {

struct TransferRules {
  std::function<void(struct stat&)> set_owner;  // turns an owner of the source into the one of the copy
  bool overwrite = false;                       // directories may replace files and the other way round
};

class Transfer {
 public:
  explicit Transfer(TransferRules rules) : rules_(std::move(rules)) {}

  /// Copy the entry `name` of the directory `from` (a symlink is copied as one) to `to_name` in the directory `to`.
  /// Directories are merged, everything else is replaced.
  /// @throws Error{conflict} a directory in the place of a file, or a file in that of a directory
  void copy(int from, const std::string& name, int to, const std::string& to_name);
  /// The same with a source that is open: a directory, or a regular file.
  void copy_open(sys::UniqueFd source, const std::string& what, int to, const std::string& to_name);
  /// The entries of one directory into another, which keeps its own owner and mode.
  void merge(int from, int to, const std::string& what);

  /// Of the contents of files, so far.
  std::uint64_t bytes() const { return bytes_; }

 private:
  void copy_entry(int from, const std::string& name, int to, const std::string& to_name);
  void copy_directory(sys::UniqueFd source, int to, const std::string& to_name);
  void copy_entries(int from, int to);
  void copy_file(sys::UniqueFd source, int to, const std::string& to_name);
  void copy_link(int from, const std::string& name, int to, const std::string& to_name);
  void make_fifo(int to, const std::string& to_name, struct stat info);
  void clear_the_way(int to, const std::string& to_name);
  sys::UniqueFd open_target_file(int to, const std::string& to_name);
  bool link_again(const struct stat& info, int to, const std::string& to_name);

  TransferRules rules_;
  std::uint64_t bytes_ = 0;
  std::string path_;  // of the entry at hand, for messages
  int depth_ = 0;
  long top_type_ = 0;                                       // of the file system where the copy begins
  std::map<std::pair<dev_t, ino_t>, sys::UniqueFd> links_;  // source inode -> its copy, as O_PATH
};

}  // namespace lichen::engine
