#include "libpod/engine/tree_copy.hh"

#include <map>
#include <string>
#include <vector>

#include "libpod/base/error.hh"
#include "libpod/spec/userns_maps.hh"
#include "libpod/sys/copy_file.hh"
#include "libpod/sys/fs.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

constexpr std::size_t kLongestLink = 4000;  // PATH_MAX with some room; beyond it a hard link becomes a copy
constexpr std::string_view kWhiteoutPrefix = ".wh.";
constexpr const char* kOpaqueFile = ".wh..wh..opq";

class TreeCopy {
 public:
  TreeCopy(int from, int to, Whiteouts whiteouts, std::string_view what, const OwnerShift* shift)
      : from_(sys::open_at(from, ".", O_RDONLY | O_DIRECTORY)),
        to_(sys::open_at(to, ".", O_RDONLY | O_DIRECTORY)),
        top_(sys::open_at(to, ".", O_PATH | O_DIRECTORY)),
        layer_(whiteouts == Whiteouts::apply),
        path_(what),
        shift_(shift) {}

  void run() {
    base_ = path_.size() + 1;
    begin_directory();
    while (!levels_.empty()) {
      Level& level = levels_.back();
      if (level.next == level.names.size()) {
        end_directory();
        continue;
      }
      const std::string name = level.names[level.next++];
      const std::size_t length = path_.size();
      path_ += "/" + name;
      if (!copy_entry(name)) path_.resize(length);  // true: we are in the directory now
    }
  }

 private:
  struct Level {
    std::vector<std::string> names;
    std::size_t next = 0;
    struct stat info {};
  };

  void begin_directory() {
    Level level;
    if (::fstat(from_.get(), &level.info) != 0) throw_errno("look at '{}'", path_);
    shift_owner(level.info);
    if (layer_ && is_opaque())
      for (const auto& name : sys::list_directory_at(to_.get(), path_)) sys::remove_tree_at(to_.get(), name);
    level.names = sys::list_directory_at(from_.get(), path_);
    levels_.push_back(std::move(level));
  }

  void shift_owner(struct stat& info) const {
    if (shift_ == nullptr) return;
    info.st_uid = spec::to_host_id(shift_->uids, info.st_uid).value_or(spec::kOverflowId);
    info.st_gid = spec::to_host_id(shift_->gids, info.st_gid).value_or(spec::kOverflowId);
  }

  // Overlay's mark in its two name spaces, and the two ways of fuse-overlayfs, which may have made the upper layer of a
  // commit.
  bool is_opaque() const {
    for (const char* name : {"user.overlay.opaque", "trusted.overlay.opaque", "user.fuseoverlayfs.opaque"})
      if (sys::has_xattr(from_.get(), name, "y")) return true;
    return ::faccessat(from_.get(), kOpaqueFile, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
  }

  // Character device 0:0 (overlayfs.rst), or ".wh.NAME" as tar layers and fuse-overlayfs without mknod(2) spell it.
  bool apply_whiteout(const std::string& name, const struct stat& info) {
    if (S_ISCHR(info.st_mode) && info.st_rdev == makedev(0, 0)) {
      sys::remove_tree_at(to_.get(), name);
      return true;
    }
    if (!name.starts_with(kWhiteoutPrefix)) return false;
    const std::string victim = name.substr(kWhiteoutPrefix.size());
    if (name != kOpaqueFile && !victim.empty() && victim != "." && victim != "..")
      sys::remove_tree_at(to_.get(), victim);
    return true;
  }

  // Times last: every entry made in it has changed them.
  void end_directory() {
    const Level level = std::move(levels_.back());
    levels_.pop_back();
    sys::copy_metadata(from_.get(), level.info, to_.get(), path_);
    if (levels_.empty()) return;
    from_ = sys::open_at(from_.get(), "..", O_RDONLY | O_DIRECTORY);
    to_ = sys::open_at(to_.get(), "..", O_RDONLY | O_DIRECTORY);
    path_.resize(path_.rfind('/'));
  }

  /// @return whether the entry is a directory that has been entered
  bool copy_entry(const std::string& name) {
    struct stat info {};
    if (::fstatat(from_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) throw_errno("look at '{}'", path_);
    shift_owner(info);
    if (layer_ && apply_whiteout(name, info)) return false;
    if (S_ISDIR(info.st_mode)) {
      enter(name);
      return true;
    }
    sys::remove_tree_at(to_.get(), name);
    if (info.st_nlink > 1 && link_again(name, info)) return false;
    if (S_ISREG(info.st_mode))
      copy_file(name, info);
    else
      make_special(name, info);
    if (info.st_nlink > 1 && path_.size() < kLongestLink)
      links_.emplace(std::pair(info.st_dev, info.st_ino), path_.substr(base_));
    return false;
  }

  void enter(const std::string& name) {
    struct stat there {};
    if (::fstatat(to_.get(), name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0) {
      if (!S_ISDIR(there.st_mode)) sys::remove_tree_at(to_.get(), name);
    } else if (errno != ENOENT) {
      throw_errno("look at the copy of '{}'", path_);
    }
    if (::mkdirat(to_.get(), name.c_str(), 0700) != 0 && errno != EEXIST) throw_errno("make directory '{}'", path_);
    from_ = sys::open_at(from_.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    to_ = sys::open_at(to_.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    begin_directory();
  }

  bool link_again(const std::string& name, const struct stat& info) {
    const auto first = links_.find({info.st_dev, info.st_ino});
    if (first == links_.end()) return false;
    if (::linkat(top_.get(), first->second.c_str(), to_.get(), name.c_str(), 0) == 0) return true;
    if (errno == EMLINK) return false;
    throw_errno("link '{}'", path_);
  }

  void copy_file(const std::string& name, const struct stat& info) {
    const auto source = sys::open_at(from_.get(), name, O_RDONLY | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
    const auto target = sys::open_at(to_.get(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    sys::copy_file_data(source.get(), target.get(), info.st_size, path_);
    sys::copy_metadata(source.get(), info, target.get(), path_);
  }

  // Symlinks, devices, fifos, sockets: never opened for reading.
  void make_special(const std::string& name, const struct stat& info) {
    if (S_ISLNK(info.st_mode)) {
      std::string target(static_cast<std::size_t>(info.st_size) + 1, '\0');
      const ssize_t length = ::readlinkat(from_.get(), name.c_str(), target.data(), target.size());
      if (length < 0 || static_cast<std::size_t>(length) >= target.size()) throw_errno("read symlink '{}'", path_);
      target.resize(static_cast<std::size_t>(length));
      if (::symlinkat(target.c_str(), to_.get(), name.c_str()) != 0) throw_errno("make symlink '{}'", path_);
    } else if (::mknodat(to_.get(), name.c_str(), (info.st_mode & S_IFMT) | 0600, info.st_rdev) != 0) {
      throw_errno("make special file '{}'", path_);
    }
    const auto source = sys::open_at(from_.get(), name, O_PATH | O_NOFOLLOW);
    const auto target = sys::open_at(to_.get(), name, O_PATH | O_NOFOLLOW);
    sys::copy_metadata(source.get(), info, target.get(), path_);
  }

  sys::UniqueFd from_, to_, top_;
  bool layer_;
  std::string path_;      // of the entry at hand, for errors and for links_
  std::size_t base_ = 0;  // where the part below the top begins in path_
  std::vector<Level> levels_;
  std::map<std::pair<dev_t, ino_t>, std::string> links_;
  const OwnerShift* shift_;
};

}  // namespace

void copy_tree(int from, int to, Whiteouts whiteouts, std::string_view what, const OwnerShift* shift) {
  TreeCopy(from, to, whiteouts, what, shift).run();
}

}  // namespace lichen::engine
