#include "libpod/sys/resolve.hh"

#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

int openat2_in_root(int root, const std::string& path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? mode : 0;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  for (int attempt = 0;; ++attempt) {
    const long fd = ::syscall(SYS_openat2, root, path.empty() ? "." : path.c_str(), &how, sizeof how);
    // EAGAIN: a rename or mount raced with ".." resolution (openat2(2)); an attacker can cause it, so not for ever.
    if (fd < 0 && (errno == EAGAIN || errno == EINTR) && attempt < 128) continue;
    return static_cast<int>(fd);
  }
}

[[noreturn]] void throw_open(const std::string& path) {
  if (errno == ENOSYS)
    throw Error(ErrorKind::unsupported, "open '" + path + "' beneath a root: the kernel lacks openat2")
        .with_hint("Linux 5.6 or newer is needed");
  throw_errno("open '{}' in the root file system", path);
}

// The caller's umask may be anything (C39). fchmod(2) refuses O_PATH descriptors.
void set_directory_mode(int fd, mode_t mode, const std::string& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) throw_errno("look at '{}' in the root file system", path);
  if ((info.st_mode & 0777) == (mode & 0777)) return;
  if (::fchmodat(AT_FDCWD, fd_path(fd).c_str(), mode, 0) != 0)
    throw_errno("set mode of '{}' in the root file system", path);
}

}  // namespace

UniqueFd open_in_root(int root, const std::string& path, int flags, mode_t mode) {
  UniqueFd fd(openat2_in_root(root, path, flags, mode));
  if (!fd) throw_open(path);
  return fd;
}

std::optional<UniqueFd> open_in_root_if_exists(int root, const std::string& path, int flags) {
  UniqueFd fd(openat2_in_root(root, path, flags, 0));
  if (fd) return fd;
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw_open(path);
}

UniqueFd make_directories_in_root(int root, const std::string& path, mode_t mode) {
  const std::string clean = clean_path("/" + path);
  UniqueFd here(openat2_in_root(root, clean, O_PATH | O_DIRECTORY, 0));
  if (here) return here;
  if (errno != ENOENT) throw_open(clean);
  // Component by component from the root: what exists is resolved in the root again (a symlink may lead anywhere in
  // it), what is missing is made in the directory just opened. mkdirat never follows a symlink in its last component.
  here.reset(openat2_in_root(root, "/", O_PATH | O_DIRECTORY, 0));
  if (!here) throw_open("/");
  std::string walked;
  for (const auto& part : split(clean.substr(1), '/')) {
    if (part.empty()) continue;
    walked += "/" + part;
    UniqueFd next(openat2_in_root(root, walked, O_PATH | O_DIRECTORY, 0));
    if (!next && errno == ENOENT) {
      const bool made = ::mkdirat(here.get(), part.c_str(), mode) == 0;
      if (!made && errno != EEXIST) throw_errno("make directory '{}' in the root file system", walked);
      // EEXIST: a dangling symlink, or somebody was faster. Not followed, and its mode is not ours to set: chmod by
      // name would go through a symlink to the same path outside of the root.
      next.reset(openat2_in_root(here.get(), part, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0));
      if (made && next) set_directory_mode(next.get(), mode, walked);
    }
    if (!next) throw_open(walked);
    here = std::move(next);
  }
  return here;
}

UniqueFd make_file_in_root(int root, const std::string& path, mode_t mode) {
  const std::string clean = clean_path("/" + path);
  UniqueFd file(openat2_in_root(root, clean, O_PATH, 0));
  if (file) return file;
  if (errno != ENOENT) throw_open(clean);
  const UniqueFd parent = make_directories_in_root(root, parent_path(clean));
  // O_EXCL: a symlink that appeared in between is not followed.
  const UniqueFd made(
      ::openat(parent.get(), base_name(clean).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!made && errno != EEXIST) throw_errno("make file '{}' in the root file system", clean);
  file.reset(openat2_in_root(parent.get(), base_name(clean), O_PATH | O_NOFOLLOW, 0));
  if (!file) throw_open(clean);
  return file;
}

std::string fd_path(int fd) { return format("/proc/self/fd/{}", fd); }

}  // namespace lichen::sys
