#include "libpod/engine/transfer.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/copy_file.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

constexpr int kMaxDepth = 2000;            // two descriptors per level; the hard limit is some hundred thousand
constexpr std::size_t kMaxLinks = 20'000;  // open descriptors again; a hard link beyond them becomes a copy
constexpr int kMaxTries = 16;              // against somebody who makes the name again whenever we remove it
constexpr int kOpenDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
constexpr int kOpenFile = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

// File systems that the kernel makes up: what is in them is no content of a container.
bool is_made_up(long type) {
  constexpr long kTypes[] = {PROC_SUPER_MAGIC,    SYSFS_MAGIC,        CGROUP_SUPER_MAGIC,
                             CGROUP2_SUPER_MAGIC, DEVPTS_SUPER_MAGIC, 0x19800202 /* mqueue */};
  return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

long file_system_type(int fd) {
  struct statfs info {};
  return ::fstatfs(fd, &info) == 0 ? static_cast<long>(info.f_type) : 0;
}

// errno is read before anything else happens.
[[noreturn]] void fail(const char* doing, const std::string& what) {
  const int error = errno;
  throw_errno_value(error, "{} '{}'", doing, printable(what));
}

struct stat look(int fd, const std::string& what) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) fail("look at", what);
  return info;
}

bool has_gone(const Error& error) { return error.saved_errno() == ENOENT; }

class PathPart {
 public:
  PathPart(std::string& path, const std::string& name) : path_(path), length_(path.size()) { path_ += "/" + name; }
  ~PathPart() { path_.resize(length_); }
  PathPart(const PathPart&) = delete;
  PathPart& operator=(const PathPart&) = delete;

 private:
  std::string& path_;
  std::size_t length_;
};

}  // namespace

void Transfer::copy(int from, const std::string& name, int to, const std::string& to_name) {
  path_.clear();
  top_type_ = file_system_type(from);
  copy_entry(from, name, to, to_name);
}

void Transfer::copy_open(sys::UniqueFd source, const std::string& what, int to, const std::string& to_name) {
  path_ = what;
  top_type_ = file_system_type(source.get());
  if (S_ISDIR(look(source.get(), what).st_mode))
    copy_directory(std::move(source), to, to_name);
  else
    copy_file(std::move(source), to, to_name);
}

void Transfer::merge(int from, int to, const std::string& what) {
  path_ = what;
  top_type_ = file_system_type(from);
  copy_entries(from, to);
}

void Transfer::copy_entry(int from, const std::string& name, int to, const std::string& to_name) {
  const PathPart part(path_, name);
  struct stat info {};
  if (::fstatat(from, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT && depth_ > 0) return;  // it went while we were reading the directory
    fail("look at", path_);
  }
  const int depth = depth_;
  try {
    switch (info.st_mode & S_IFMT) {
      case S_IFDIR:
        return copy_directory(sys::open_at(from, name, kOpenDirectory), to, to_name);
      case S_IFREG:
        return copy_file(sys::open_at(from, name, kOpenFile), to, to_name);
      case S_IFLNK:
        return copy_link(from, name, to, to_name);
      case S_IFIFO:
        return make_fifo(to, to_name, info);
      case S_IFSOCK:
        return;  // nobody would listen on the copy
      default:
        log_warn("'{}' is a device and is left out: only root can make one", printable(path_));
    }
  } catch (const Error& error) {
    if (depth == 0 || !has_gone(error)) throw;
    depth_ = depth;
  }
}

void Transfer::copy_entries(int from, int to) {
  if (++depth_ > kMaxDepth)
    throw_error(ErrorKind::unsupported, "copy '{}...': it is too deep", printable(path_.substr(0, 100)));
  for (const auto& name : sys::list_directory_at(from, path_)) copy_entry(from, name, to, name);
  --depth_;
}

void Transfer::copy_directory(sys::UniqueFd source, int to, const std::string& to_name) {
  struct stat info = look(source.get(), path_);
  struct stat there {};
  if (::fstatat(to, to_name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(there.st_mode)) {
    if (!rules_.overwrite)
      throw Error(ErrorKind::conflict, format("cannot overwrite non-directory \"{}\" with directory \"{}\"",
                                              printable(to_name), printable(path_)))
          .with_hint("--overwrite does it")
          .with_exit_code(1);
    clear_the_way(to, to_name);
  }
  if (::mkdirat(to, to_name.c_str(), 0700) != 0 && errno != EEXIST) fail("make directory", path_);
  const sys::UniqueFd target = sys::open_at(to, to_name, kOpenDirectory);
  const long type = file_system_type(source.get());
  if (type == top_type_ || !is_made_up(type)) copy_entries(source.get(), target.get());
  rules_.set_owner(info);
  sys::copy_metadata(source.get(), info, target.get(), printable(path_));  // times last
}

void Transfer::clear_the_way(int to, const std::string& to_name) {
  struct stat there {};
  if (::fstatat(to, to_name.c_str(), &there, AT_SYMLINK_NOFOLLOW) != 0) return;
  if (!S_ISDIR(there.st_mode)) {
    if (::unlinkat(to, to_name.c_str(), 0) != 0 && errno != ENOENT) fail("replace", to_name);
    return;
  }
  if (!rules_.overwrite)
    throw Error(ErrorKind::conflict, format("cannot overwrite directory \"{}\" with non-directory \"{}\"",
                                            printable(to_name), printable(path_)))
        .with_hint("--overwrite does it")
        .with_exit_code(1);
  sys::remove_tree_at(to, to_name);
}

// A name that was made by us and by nobody else, or the mount point that cannot be replaced (/etc/hosts, a bind).
sys::UniqueFd Transfer::open_target_file(int to, const std::string& to_name) {
  for (int tries = 0; tries < kMaxTries; ++tries) {
    sys::UniqueFd made(::openat(to, to_name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (made) return made;
    if (errno != EEXIST) fail("make", to_name);
    try {
      clear_the_way(to, to_name);
    } catch (const Error& error) {
      if (error.saved_errno() != EBUSY) throw;
      sys::UniqueFd place = sys::open_at(to, to_name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
      if (!S_ISREG(look(place.get(), to_name).st_mode)) throw;
      if (::ftruncate(place.get(), 0) != 0) fail("empty", to_name);
      return place;
    }
  }
  throw_error(ErrorKind::conflict, "replace '{}': somebody makes it again and again", printable(to_name));
}

bool Transfer::link_again(const struct stat& info, int to, const std::string& to_name) {
  const auto first = links_.find({info.st_dev, info.st_ino});
  if (first == links_.end()) return false;
  clear_the_way(to, to_name);
  // Through our own descriptor: linkat(2) of an empty path would need a capability of the initial namespace.
  return ::linkat(AT_FDCWD, sys::fd_path(first->second.get()).c_str(), to, to_name.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

void Transfer::copy_file(sys::UniqueFd source, int to, const std::string& to_name) {
  struct stat info = look(source.get(), path_);
  if (!S_ISREG(info.st_mode))
    throw_error(ErrorKind::conflict, "copy '{}': it was changed meanwhile, and is no file any more", printable(path_));
  if (info.st_nlink > 1 && link_again(info, to, to_name)) return;
  const sys::UniqueFd target = open_target_file(to, to_name);
  sys::copy_file_data(source.get(), target.get(), info.st_size, printable(path_));
  bytes_ += static_cast<std::uint64_t>(info.st_size);
  const auto key = std::pair(info.st_dev, info.st_ino);
  rules_.set_owner(info);
  sys::copy_metadata(source.get(), info, target.get(), printable(path_));
  if (info.st_nlink > 1 && depth_ > 0 && links_.size() < kMaxLinks)
    links_.emplace(key, sys::open_path(sys::fd_path(target.get()), O_PATH));
}

void Transfer::copy_link(int from, const std::string& name, int to, const std::string& to_name) {
  const sys::UniqueFd source = sys::open_at(from, name, O_PATH | O_NOFOLLOW);
  struct stat info = look(source.get(), path_);
  char text[PATH_MAX];
  const ssize_t length = ::readlinkat(source.get(), "", text, sizeof text);
  if (!S_ISLNK(info.st_mode) || length < 0 || length == static_cast<ssize_t>(sizeof text))
    throw_error(ErrorKind::conflict, "copy '{}': it was changed meanwhile", printable(path_));
  clear_the_way(to, to_name);
  if (::symlinkat(std::string(text, static_cast<std::size_t>(length)).c_str(), to, to_name.c_str()) != 0)
    fail("make symlink", to_name);
  rules_.set_owner(info);
  const sys::UniqueFd made = sys::open_at(to, to_name, O_PATH | O_NOFOLLOW);
  if (S_ISLNK(look(made.get(), to_name).st_mode)) sys::copy_metadata(source.get(), info, made.get(), printable(path_));
}

void Transfer::make_fifo(int to, const std::string& to_name, struct stat info) {
  clear_the_way(to, to_name);
  if (::mkfifoat(to, to_name.c_str(), info.st_mode & 0777) != 0) fail("make fifo", to_name);
  rules_.set_owner(info);
  if (::fchownat(to, to_name.c_str(), info.st_uid, info.st_gid, AT_SYMLINK_NOFOLLOW) != 0)
    fail("set owner of", to_name);
}

}  // namespace lichen::engine
