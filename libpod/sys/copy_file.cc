#include "libpod/sys/copy_file.hh"

#include <algorithm>
#include <string>
#include <vector>

#include "libpod/base/error.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

// Errors of copy_file_range(2) that mean "not between these two", not "failed".
bool cannot_copy_in_kernel(int error) {
  return error == EXDEV || error == EINVAL || error == ENOSYS || error == EOPNOTSUPP || error == ETXTBSY ||
         error == EPERM || error == EBADF;
}

void copy_by_reading(int from, int to, off_t offset, off_t end, std::string_view what) {
  std::vector<char> buffer(static_cast<std::size_t>(std::min<off_t>(end - offset, 1 << 18)));
  while (offset < end) {
    const ssize_t count =
        ::pread(from, buffer.data(), std::min(buffer.size(), static_cast<std::size_t>(end - offset)), offset);
    if (count < 0) {
      if (errno == EINTR) continue;
      throw_errno("read '{}'", what);
    }
    if (count == 0) return;
    for (ssize_t done = 0; done < count;) {
      const ssize_t written = ::pwrite(to, buffer.data() + done, static_cast<std::size_t>(count - done), offset + done);
      if (written < 0) {
        if (errno == EINTR) continue;
        throw_errno("write '{}'", what);
      }
      done += written;
    }
    offset += count;
  }
}

void copy_range(int from, int to, off_t offset, off_t end, std::string_view what) {
  while (offset < end) {
    off_t in = offset;
    off_t out = offset;
    const ssize_t count = ::copy_file_range(from, &in, to, &out, static_cast<std::size_t>(end - offset), 0);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (cannot_copy_in_kernel(errno)) return copy_by_reading(from, to, offset, end, what);
      throw_errno("copy '{}'", what);
    }
    // Some file systems answer 0 for files that they make up while being read.
    if (count == 0) return copy_by_reading(from, to, offset, end, what);
    offset += count;
  }
}

bool must_arrive(std::string_view name) {
  return name.starts_with("user.") || name == "security.capability" || name.starts_with("system.posix_acl_");
}

bool is_overlays_own(std::string_view name) {
  return name.starts_with("user.overlay.") || name.starts_with("trusted.overlay.") ||
         name.starts_with("user.fuseoverlayfs.");
}

// The call is repeated with a larger buffer when the value grew in between (ERANGE).
template <typename Call>
bool read_growing(std::string& buffer, Call call) {
  for (buffer.resize(256);;) {
    const ssize_t size = call(buffer.data(), buffer.size());
    if (size >= 0) {
      buffer.resize(static_cast<std::size_t>(size));
      return true;
    }
    if (errno != ERANGE || buffer.size() > (1u << 20)) return false;
    buffer.resize(buffer.size() * 8);
  }
}

}  // namespace

void copy_file_data(int from, int to, off_t size, std::string_view what) {
  if (size == 0) return;
  if (::ioctl(to, FICLONE, from) == 0) return;
  if (::ftruncate(to, size) != 0) throw_errno("set size of '{}'", what);
  for (off_t offset = 0; offset < size;) {
    const off_t data = ::lseek(from, offset, SEEK_DATA);
    if (data < 0 && errno == ENXIO) return;                         // nothing but a hole from here
    if (data < 0) return copy_range(from, to, offset, size, what);  // no holes known here
    off_t hole = ::lseek(from, data, SEEK_HOLE);
    if (hole < 0) hole = size;
    copy_range(from, to, data, std::min(hole, size), what);
    offset = hole;
  }
}

void copy_xattrs(int from, int to, std::string_view what) {
  // Through /proc/self/fd: f*xattr(2) refuses O_PATH descriptors, and the magic link leads to the open file itself,
  // symlinks included.
  const std::string source = fd_path(from);
  const std::string target = fd_path(to);
  std::string names;
  if (!read_growing(names, [&](char* data, std::size_t size) { return ::listxattr(source.c_str(), data, size); })) {
    if (errno == EOPNOTSUPP || errno == EPERM || errno == EACCES) return;
    throw_errno("list extended attributes of '{}'", what);
  }
  std::string value;
  for (std::size_t at = 0; at < names.size();) {
    const std::string name = names.c_str() + at;
    at += name.size() + 1;
    if (is_overlays_own(name)) continue;
    if (!read_growing(value, [&](char* data, std::size_t size) {
          return ::getxattr(source.c_str(), name.c_str(), data, size);
        })) {
      if (errno == ENODATA || !must_arrive(name)) continue;
      throw_errno("read extended attribute {} of '{}'", name, what);
    }
    if (::setxattr(target.c_str(), name.c_str(), value.data(), value.size(), 0) != 0 && must_arrive(name))
      throw_errno("set extended attribute {} of '{}'", name, what);
  }
}

void copy_metadata(int from, const struct stat& info, int to, std::string_view what) {
  if (::fchownat(to, "", info.st_uid, info.st_gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) != 0)
    throw_errno("set owner of '{}'", what);
  copy_xattrs(from, to, what);
  const std::string target = fd_path(to);
  if (!S_ISLNK(info.st_mode) && ::chmod(target.c_str(), info.st_mode & 07777) != 0)
    throw_errno("set mode of '{}'", what);
  const timespec times[2] = {info.st_atim, info.st_mtim};
  if (::utimensat(AT_FDCWD, target.c_str(), times, 0) != 0) throw_errno("set times of '{}'", what);
}

bool has_xattr(int fd, const char* name, std::string_view value) {
  char buffer[64];
  const ssize_t size = ::getxattr(fd_path(fd).c_str(), name, buffer, sizeof buffer);
  return size >= 0 && std::string_view(buffer, static_cast<std::size_t>(size)) == value;
}

}  // namespace lichen::sys
