#include "libpod/sys/fs.hh"

#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/path.hh"
#include "libpod/sys/io.hh"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lichen::sys {

UniqueFd open_at(int dirfd, const std::string& path, int flags, mode_t mode) {
  UniqueFd fd(::openat(dirfd, path.c_str(), flags | O_CLOEXEC, mode));
  if (!fd) throw_errno("open '{}'", path);
  return fd;
}

UniqueFd open_path(const std::string& path, int flags, mode_t mode) { return open_at(AT_FDCWD, path, flags, mode); }

std::optional<UniqueFd> open_if_exists(int dirfd, const std::string& path, int flags) {
  UniqueFd fd(::openat(dirfd, path.c_str(), flags | O_CLOEXEC));
  if (fd) return fd;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw_errno("open '{}'", path);
}

bool exists(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  throw_errno("look at '{}'", path);
}

bool is_directory(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

bool make_directory(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) != 0) {
    if (errno == EEXIST) return false;
    throw_errno("make directory '{}'", path);
  }
  // The caller's umask may be anything (C39).
  if (::chmod(path.c_str(), mode) != 0) throw_errno("set mode of '{}'", path);
  return true;
}

void make_directories(const std::string& path, mode_t mode) {
  if (is_directory(path)) return;
  const std::string parent = parent_path(path);
  if (parent != path) make_directories(parent, mode);
  if (!make_directory(path, mode) && !is_directory(path)) throw_errno_value(ENOTDIR, "make directory '{}'", path);
}

void write_file_atomic(const std::string& path, std::string_view content, mode_t mode, Durability durability) {
  const std::string directory = parent_path(path);
  const std::string temporary = directory + "/." + base_name(path) + "." + random_hex(8);
  UniqueFd fd = open_path(temporary, O_WRONLY | O_CREAT | O_EXCL, mode);
  try {
    if (::fchmod(fd.get(), mode) != 0) throw_errno("set mode of '{}'", temporary);
    write_all(fd.get(), content, path);
    if (durability == Durability::synced) sync_fd(fd.get(), path);
    fd.reset();
    rename_path(temporary, path);
  } catch (const Error&) {
    ::unlink(temporary.c_str());
    throw;
  }
  if (durability == Durability::synced) sync_directory(directory);
}

std::optional<std::string> read_cached(const std::string& path, std::size_t limit) {
  try {
    return read_file_if_exists(path, limit);
  } catch (const Error&) {
    return std::nullopt;
  }
}

void write_cached(const std::string& path, std::string_view content) {
  ::rmdir(path.c_str());  // damage: an empty directory, which rename(2) would not replace
  try {
    write_file_atomic(path, content, 0600, Durability::none);
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): see the header
  }
}

void write_file(const std::string& path, std::string_view content, mode_t mode) {
  const UniqueFd fd = open_path(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
  if (::fchmod(fd.get(), mode) != 0) throw_errno("set mode of '{}'", path);
  write_all(fd.get(), content, path);
}

namespace {

class Directory {
 public:
  Directory(UniqueFd fd, std::string_view what) : stream_(::fdopendir(fd.get())) {
    if (stream_ == nullptr) throw_errno("list '{}'", what);
    fd.release();
  }
  Directory(Directory&& other) noexcept : stream_(std::exchange(other.stream_, nullptr)) {}
  Directory& operator=(Directory&&) = delete;
  ~Directory() {
    if (stream_ != nullptr) ::closedir(stream_);
  }

  int fd() const { return ::dirfd(stream_); }
  /// nullptr at the end; never "." or "..".
  const dirent* next() {
    while (const dirent* entry = ::readdir(stream_)) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") return entry;
    }
    return nullptr;
  }
  void rewind() { ::rewinddir(stream_); }

 private:
  DIR* stream_;
};

}  // namespace

std::vector<std::string> list_directory_at(int dirfd, std::string_view what) {
  Directory directory(open_at(dirfd, ".", O_RDONLY | O_DIRECTORY), what);
  std::vector<std::string> names;
  while (const dirent* entry = directory.next()) names.emplace_back(entry->d_name);
  return names;
}

std::vector<std::string> list_directory(const std::string& path) {
  const auto fd = open_if_exists(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
  return fd ? list_directory_at(fd->get(), path) : std::vector<std::string>{};
}

namespace {

// openat(2) of a subdirectory that is no mount point: not even another place of the same file system (a bind mount),
// which st_dev would not show. EXDEV then. Kernels and sandboxes without openat2 are left with st_dev.
UniqueFd open_same_mount(int dirfd, const char* name) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  open_how how{};
  how.flags = kFlags;
  how.resolve = RESOLVE_NO_XDEV;
  UniqueFd fd(static_cast<int>(::syscall(SYS_openat2, dirfd, name, &how, sizeof how)));
  if (!fd && (errno == ENOSYS || errno == EPERM)) fd.reset(::openat(dirfd, name, kFlags));
  return fd;
}

// Open a subdirectory for removal, making it accessible when its mode forbids that.
std::optional<UniqueFd> open_for_removal(int dirfd, const char* name) {
  UniqueFd fd = open_same_mount(dirfd, name);
  if (!fd && errno == EACCES) {
    struct stat info {};
    if (::fstatat(dirfd, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode) &&
        ::fchmodat(dirfd, name, 0700, 0) == 0)
      fd = open_same_mount(dirfd, name);
  }
  if (fd) return fd;
  return std::nullopt;
}

[[noreturn]] void throw_mounted(const std::string& name) {
  throw_errno_value(EBUSY, "remove '{}', where another file system is mounted", name);
}

// The directory `child`, accessible; or nothing, when it is gone now.
std::optional<UniqueFd> open_or_remove(int parent, const std::string& child, dev_t device) {
  auto below = open_for_removal(parent, child.c_str());
  if (!below) {
    if (errno == EXDEV) throw_mounted(child);
    // A directory without write permission for its owner: make it writable and try this entry again.
    if (::fchmod(parent, 0700) == 0 && ::unlinkat(parent, child.c_str(), 0) == 0) return std::nullopt;
    if (errno == ENOENT) return std::nullopt;
    throw_errno("remove '{}'", child);
  }
  struct stat info {};
  if (::fstat(below->get(), &info) != 0) throw_errno("look at '{}'", child);
  if (info.st_dev != device) throw_mounted(child);
  if ((info.st_mode & 0700) != 0700 && ::fchmod(below->get(), 0700) != 0) throw_errno("set mode of '{}'", child);
  return below;
}

}  // namespace

// Levels that a walk keeps open. A container may nest directories deeper than there are descriptors (RLIMIT_NOFILE is
// 1024).
constexpr std::size_t kOpenLevels = 256;

void remove_tree_at(int dirfd, const std::string& name) {
  if (::unlinkat(dirfd, name.c_str(), 0) == 0 || errno == ENOENT) return;
  const int refused = errno;
  if (refused != EISDIR && refused != EPERM && refused != EACCES) throw_errno("remove '{}'", name);
  auto top = open_for_removal(dirfd, name.c_str());
  if (!top) {
    if (errno == ENOENT) return;
    if (errno == EXDEV) throw_mounted(name);
    throw_errno_value(errno == ENOTDIR || errno == ELOOP ? refused : errno, "remove '{}'", name);
  }
  struct Level {
    Directory directory;
    std::string name;
  };
  struct stat root {};
  if (::fstat(top->get(), &root) != 0) throw_errno("look at '{}'", name);
  if ((root.st_mode & 0700) != 0700) ::fchmod(top->get(), 0700);
  std::vector<Level> levels;
  levels.push_back({Directory(*std::move(top), name), name});
  bool lifted = false;
  while (!levels.empty()) {
    Directory& here = levels.back().directory;
    const dirent* entry = here.next();
    if (entry == nullptr && lifted && levels.size() == 1) {
      lifted = false;
      here.rewind();
      continue;
    }
    if (entry == nullptr) {
      const std::string done = std::move(levels.back().name);
      levels.pop_back();
      const int parent = levels.empty() ? dirfd : levels.back().directory.fd();
      if (::unlinkat(parent, done.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
        throw_errno("remove directory '{}'", done);
      continue;
    }
    const std::string child = entry->d_name;
    if (entry->d_type != DT_DIR && ::unlinkat(here.fd(), child.c_str(), 0) == 0) continue;
    if (entry->d_type != DT_DIR && errno == ENOENT) continue;
    auto below = open_or_remove(here.fd(), child, root.st_dev);
    if (!below) continue;
    if (levels.size() == kOpenLevels) {
      // Too deep: it moves up beside its ancestors, and has its turn when the top is read again.
      const std::string place = ".deep-" + random_hex(16);
      if (::renameat(here.fd(), child.c_str(), levels[0].directory.fd(), place.c_str()) != 0)
        throw_errno("remove '{}'", child);
      lifted = true;
      continue;
    }
    levels.push_back({Directory(*std::move(below), child), child});
  }
}

void remove_tree(const std::string& path) {
  const auto parent = open_if_exists(AT_FDCWD, parent_path(path), O_PATH | O_DIRECTORY);
  if (parent) remove_tree_at(parent->get(), base_name(path));
}

void rename_path(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw_errno("rename '{}' to '{}'", from, to);
}

bool rename_no_replace(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno == EEXIST || errno == ENOTEMPTY) return false;
  if (errno != EINVAL) throw_errno("rename '{}' to '{}'", from, to);
  // Network file systems lack RENAME_NOREPLACE; a directory never replaces one that has entries (rename(2)).
  if (::rename(from.c_str(), to.c_str()) == 0) return true;
  if (errno == EEXIST || errno == ENOTEMPTY) return false;
  throw_errno("rename '{}' to '{}'", from, to);
}

bool remove_file(const std::string& path) {
  if (::unlink(path.c_str()) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  throw_errno("remove '{}'", path);
}

void make_symlink(const std::string& target, const std::string& path) {
  if (::symlink(target.c_str(), path.c_str()) != 0) throw_errno("make symlink '{}'", path);
}

std::optional<std::string> read_link(const std::string& path) {
  char buffer[PATH_MAX];
  const ssize_t count = ::readlink(path.c_str(), buffer, sizeof buffer);
  if (count >= 0) return std::string(buffer, static_cast<std::size_t>(count));
  if (errno == ENOENT || errno == ENOTDIR || errno == EINVAL) return std::nullopt;
  throw_errno("read symlink '{}'", path);
}

void sync_fd(int fd, std::string_view what) {
  if (::fsync(fd) != 0 && errno != EINVAL && errno != EROFS) throw_errno("sync '{}'", what);
}

std::string read_link_at(int dirfd, const std::string& name) {
  std::string target(4096, '\0');
  const ssize_t size = ::readlinkat(dirfd, name.c_str(), target.data(), target.size());
  if (size < 0) throw_errno("read the link '{}'", name);
  target.resize(static_cast<std::size_t>(size));
  return target;
}

void sync_directory(const std::string& path) {
  const UniqueFd fd = open_path(path, O_RDONLY | O_DIRECTORY);
  sync_fd(fd.get(), path);
}

void sync_file_system(const std::string& path) {
  const UniqueFd fd = open_path(path, O_RDONLY);
  if (::syncfs(fd.get()) != 0) throw_errno("sync the file system of '{}'", path);
}

namespace {

// The unit of st_blocks is 512 whatever the file system's own is (inode(7)).
std::uint64_t bytes_of_blocks(const struct stat& info) { return static_cast<std::uint64_t>(info.st_blocks) * 512; }

}  // namespace

Usage disk_usage(const std::string& path) {
  Usage usage;
  std::set<std::pair<dev_t, ino_t>> linked;
  struct Level {
    Directory directory;
    std::string path;
  };
  const auto count = [&](const struct stat& info) {
    if (info.st_nlink > 1 && !S_ISDIR(info.st_mode) && !linked.emplace(info.st_dev, info.st_ino).second) return;
    usage.bytes += bytes_of_blocks(info);
    ++usage.entries;
  };
  auto top = open_if_exists(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!top) return usage;
  std::vector<Level> levels;
  levels.push_back({Directory(*std::move(top), path), path});
  while (!levels.empty()) {
    const dirent* entry = levels.back().directory.next();
    if (entry == nullptr) {
      levels.pop_back();
      continue;
    }
    struct stat info {};
    const int here = levels.back().directory.fd();
    if (::fstatat(here, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    count(info);
    if (!S_ISDIR(info.st_mode)) continue;
    UniqueFd below(::openat(here, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (below) levels.push_back({Directory(std::move(below), entry->d_name), entry->d_name});
  }
  return usage;
}

std::int64_t own_disk_size(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? static_cast<std::int64_t>(bytes_of_blocks(info)) : 0;
}

std::int64_t disk_size(const std::string& path) {
  return own_disk_size(path) + static_cast<std::int64_t>(disk_usage(path).bytes);
}

}  // namespace lichen::sys
