// COPY, and the files of ADD: entries of a source tree into the file system of a stage.
//
// The destination is resolved beneath the stage's root (its own symlinks are followed there and lead nowhere else), and
// everything is written by descriptors. Directories are merged; what else is in the way is replaced.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "buildah/source_tree.hh"

namespace lichen::buildah {

struct CopyOwner {
  std::uint32_t uid = 0, gid = 0;
};

/// --chmod: an octal number, or clauses as of chmod(1): "u+x,go-w".
class ModeChange {
 public:
  /// @throws Error{usage}
  static ModeChange parse(const std::string& text);
  mode_t apply(mode_t mode, bool is_directory) const;

 private:
  struct Clause {
    mode_t who = 0;  // bits of the classes: 0700, 0070, 0007, and their set-id bits
    char operation = '=';
    mode_t permissions = 0;
    bool executes_if_any = false;  // X
  };
  std::optional<mode_t> octal_;
  std::vector<Clause> clauses_;
};

struct CopyPlan {
  std::string destination;         // absolute, as seen in the stage; ends in '/' when it is to be a directory
  std::optional<CopyOwner> owner;  // --chown; else root, or as it was where the tree keeps owners
  std::optional<ModeChange> mode;
  bool keeps_parents = false;  // --parents: the source's directories are made at the destination too
  language::IgnoreRules excluded;
};

/// A small file that the Dockerfile holds itself (heredoc), or that was fetched.
struct InlineFile {
  std::string name;
  std::string content;
};

class FileCopier {
 public:
  /// @param root  O_PATH of the stage's root
  FileCopier(int root, CopyPlan plan);
  /// What goes into directories that the copy itself makes is written into the upper directory of the stage's overlay,
  /// as O_PATH: nothing lies below them, and a new file costs half as much there.
  void write_into_upper(sys::UniqueFd upper) { upper_ = std::move(upper); }

  /// @param is_single  it is the only source: the destination may be the new name of a file
  void copy(const SourceTree& tree, const SourceEntry& entry, bool is_single, const std::string& source);
  void write(const InlineFile& file, bool is_single);
  /// Make the destination itself a directory. @return O_PATH
  sys::UniqueFd make_destination();

 private:
  // A directory that is written to: by the stage's root, or (is_upper) in the upper directory.
  struct Place {
    sys::UniqueFd fd;  // O_PATH
    bool is_upper = false;
    int get() const { return fd.get(); }
  };
  struct Target {
    Place directory;
    std::string name;  // "" = the directory itself
  };
  Target target_of(const std::string& base_name, bool is_directory, bool is_single, const std::string& below);
  sys::UniqueFd provide_path(const std::string& path);
  void copy_directory(const SourceTree& tree, const SourceEntry& entry, const Place& to);
  void copy_item(const SourceTree& tree, const WalkItem& item, const Place& to, const std::string& name);
  void copy_file(const SourceTree& tree, const WalkItem& item, const Place& to, const std::string& name);
  bool link_again(const struct stat& info, const Place& to, const std::string& name) const;
  void remember_link(const struct stat& info, int made, const Place& to, const std::string& name);
  void provide_parents(const SourceTree& tree, const std::string& above, const std::string& below);
  int root_of(bool is_upper) const { return is_upper ? upper_.get() : root_; }
  std::string path_of(const Place& directory) const;
  Place provide_directory(const SourceTree& tree, const Place& parent, const std::string& name);
  CopyOwner owner_of(const SourceTree& tree, const struct stat& info) const;
  mode_t mode_of(const struct stat& info) const;
  void finish(int fd, const SourceTree& tree, const struct stat& info) const;

  // A file of several names: where its first copy lies.
  struct Linked {
    std::string directory, name;  // the directory's path beneath the root
    bool is_upper = false;
    dev_t device = 0;
    ino_t inode = 0;
  };

  int root_;
  sys::UniqueFd upper_;
  CopyPlan plan_;
  std::map<std::pair<dev_t, ino_t>, Linked> linked_;  // by the source's device and inode
};

}  // namespace lichen::buildah
