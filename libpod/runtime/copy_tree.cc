#include "libpod/runtime/copy_tree.hh"

#include <array>
#include <vector>

#include "libpod/base/error.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/unique_fd.hh"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace lichen::runtime {
namespace {

// Beneath the directory, no symlink, no other mount: -1 with ELOOP or EXDEV otherwise.
sys::UniqueFd open_child(int directory, const char* name, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
  return sys::UniqueFd(static_cast<int>(::syscall(SYS_openat2, directory, name, &how, sizeof how)));
}

void copy_xattrs(int source, int target, const std::string& what) {
  std::array<char, 65536> names;
  const ssize_t size = ::flistxattr(source, names.data(), names.size());
  for (ssize_t at = 0; at < size;) {
    const char* name = names.data() + at;
    at += static_cast<ssize_t>(std::string_view(name).size()) + 1;
    std::array<char, 65536> value;
    const ssize_t length = ::fgetxattr(source, name, value.data(), value.size());
    // A tmpfs does not take every kind (user.* before Linux 6.6): no part of the promise of tmpcopyup.
    if (length >= 0 && ::fsetxattr(target, name, value.data(), static_cast<std::size_t>(length), 0) != 0 &&
        errno != EOPNOTSUPP && errno != EPERM)
      throw_errno("copy attribute '{}' of '{}'", name, what);
  }
}

void copy_metadata(int source, int target, const struct stat& info, const std::string& what) {
  if (::fchown(target, info.st_uid, info.st_gid) != 0 && errno != EINVAL) throw_errno("set the owner of '{}'", what);
  if (::fchmod(target, info.st_mode & 07777) != 0) throw_errno("set the mode of '{}'", what);
  copy_xattrs(source, target, what);
  const timespec times[] = {info.st_atim, info.st_mtim};
  if (::futimens(target, times) != 0) throw_errno("set the times of '{}'", what);
}

void copy_file(int source_dir, int target_dir, const char* name, const struct stat& info, const std::string& what) {
  const sys::UniqueFd from = open_child(source_dir, name, O_RDONLY);
  if (!from) throw_errno("open '{}'", what);
  const sys::UniqueFd to(::openat(target_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!to) throw_errno("make '{}'", what);
  for (;;) {
    const ssize_t count = ::sendfile(to.get(), from.get(), nullptr, 16 << 20);
    if (count == 0) break;
    if (count < 0 && errno != EINTR) throw_errno("copy '{}'", what);
  }
  copy_metadata(from.get(), to.get(), info, what);
}

void copy_symlink(int source_dir, int target_dir, const char* name, const struct stat& info, const std::string& what) {
  std::array<char, PATH_MAX> text;
  const ssize_t count = ::readlinkat(source_dir, name, text.data(), text.size() - 1);
  if (count < 0) throw_errno("read symlink '{}'", what);
  text[static_cast<std::size_t>(count)] = '\0';
  if (::symlinkat(text.data(), target_dir, name) != 0) throw_errno("make symlink '{}'", what);
  if (::fchownat(target_dir, name, info.st_uid, info.st_gid, AT_SYMLINK_NOFOLLOW) != 0 && errno != EINVAL)
    throw_errno("set the owner of '{}'", what);
}

void copy_level(int source, int target, const std::string& what, int depth) {
  if (depth > 256) throw_error(ErrorKind::invalid, "copy '{}': nested too deep", what);
  const sys::UniqueFd listing = open_child(source, ".", O_RDONLY | O_DIRECTORY);
  if (!listing) throw_errno("open '{}'", what);
  for (const auto& name : sys::list_directory_at(listing.get(), what)) {
    const std::string path = what + "/" + name;
    struct stat info {};
    if (::fstatat(source, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) throw_errno("look at '{}'", path);
    if (S_ISREG(info.st_mode)) {
      copy_file(source, target, name.c_str(), info, path);
    } else if (S_ISLNK(info.st_mode)) {
      copy_symlink(source, target, name.c_str(), info, path);
    } else if (S_ISDIR(info.st_mode)) {
      const sys::UniqueFd from = open_child(source, name.c_str(), O_RDONLY | O_DIRECTORY);
      if (!from && errno == EXDEV) continue;
      if (!from) throw_errno("open '{}'", path);
      if (::mkdirat(target, name.c_str(), 0700) != 0) throw_errno("make directory '{}'", path);
      const sys::UniqueFd to = open_child(target, name.c_str(), O_RDONLY | O_DIRECTORY);
      if (!to) throw_errno("open '{}'", path);
      copy_level(from.get(), to.get(), path, depth + 1);
      copy_metadata(from.get(), to.get(), info, path);
    }
  }
}

}  // namespace

void copy_tree_contents(int source, int target, const std::string& what) {
  const sys::UniqueFd from = open_child(source, ".", O_RDONLY | O_DIRECTORY);
  const sys::UniqueFd to = open_child(target, ".", O_RDONLY | O_DIRECTORY);
  if (!from || !to) throw_errno("open '{}'", what);
  struct stat info {};
  if (::fstat(from.get(), &info) != 0) throw_errno("look at '{}'", what);
  copy_level(from.get(), to.get(), what, 0);
  copy_metadata(from.get(), to.get(), info, what);
}

}  // namespace lichen::runtime
