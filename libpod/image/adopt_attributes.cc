#include "libpod/image/adopt_attributes.hh"

#include <algorithm>
#include <vector>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/image/limits.hh"
#include "libpod/image/unpack_attributes.hh"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace lichen::image {
namespace {

constexpr const char* kRecordedOwner = "user.containers.override_stat";

// Names of the attributes, each ended by NUL. The size is asked for only when the first guess is too small.
std::string list_attributes(int fd) {
  std::string names(1024, '\0');
  for (;;) {
    const ssize_t size = ::flistxattr(fd, names.data(), names.size());
    if (size >= 0) {
      names.resize(static_cast<std::size_t>(size));
      return names;
    }
    if (errno == ENOTSUP) return "";
    if (errno != ERANGE || names.size() >= kMaxXattrSize) throw_errno("list its attributes");
    names.resize(kMaxXattrSize);  // XATTR_LIST_MAX is the same
  }
}

std::string get_attribute(int fd, const std::string& name) {
  std::string value(256, '\0');
  ssize_t size = ::fgetxattr(fd, name.c_str(), value.data(), value.size());
  if (size < 0 && errno == ERANGE) {
    value.resize(kMaxXattrSize);
    size = ::fgetxattr(fd, name.c_str(), value.data(), value.size());
  }
  if (size < 0) throw_errno("read its attribute '{}'", printable(name));
  value.resize(static_cast<std::size_t>(size));
  return value;
}

// "uid:gid:mode", the mode in octal; newer programs put the type behind it.
void take_recorded_owner(const std::string& value, TarEntry& entry) {
  auto parts = split(value, ':');
  parts.resize(std::max<std::size_t>(parts.size(), 3));
  const auto uid = parse_uint(parts[0]), gid = parse_uint(parts[1]);
  const auto mode = parse_octal(parts[2]);
  if (!uid || !gid || !mode || *uid > UINT32_MAX || *gid > UINT32_MAX) {
    log_debug("recorded owner '{}' is not understood", printable(value));
    return;
  }
  entry.uid = *uid;
  entry.gid = *gid;
  entry.mode = *mode & 07777;
}

}  // namespace

void read_attributes(int fd, TarEntry& entry, bool owners_recorded) {
  const std::string list = list_attributes(fd);
  if (list.empty()) return;
  std::vector<std::string> names;
  for (std::size_t at = 0; at < list.size(); at += names.back().size() + 1) names.emplace_back(list.c_str() + at);
  std::sort(names.begin(), names.end());
  std::size_t size = 0;
  for (const auto& name : names) {
    if (name == kRecordedOwner && owners_recorded) take_recorded_owner(get_attribute(fd, name), entry);
    if (!is_allowed_xattr(name)) continue;
    entry.xattrs.emplace_back(name, get_attribute(fd, name));
    size += name.size() + entry.xattrs.back().second.size() + 64;
  }
  if (entry.xattrs.size() > kMaxXattrs || size > kMaxPaxHeader / 2)
    throw_error(ErrorKind::unsupported, "its {} attributes are more than a layer's reader takes", entry.xattrs.size());
}

bool has_opaque_mark(int directory) {
  for (const char* name : {"user.overlay.opaque", "trusted.overlay.opaque", "user.fuseoverlayfs.opaque"}) {
    char value[4] = "";
    if (::fgetxattr(directory, name, value, sizeof value) == 1 && value[0] == 'y') return true;
  }
  return false;
}

bool unify_opaque_mark(int directory, std::initializer_list<std::string_view> others) {
  if (!mark_opaque(directory)) return false;
  bool taken = false;
  for (const auto name : others) taken = ::unlinkat(directory, std::string(name).c_str(), 0) == 0 || taken;
  return taken;
}

std::string read_target(int directory, const std::string& name) {
  std::string target(kMaxPathLength + 1, '\0');
  const ssize_t size = ::readlinkat(directory, name.c_str(), target.data(), target.size());
  if (size < 0) throw_errno("read its target");
  target.resize(static_cast<std::size_t>(size));
  return target;
}

}  // namespace lichen::image
