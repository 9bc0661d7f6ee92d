#include "libpod/image/unpack_attributes.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"

#include <sys/xattr.h>

namespace lichen::image {

void check_mapped(const std::vector<sys::IdRange>& ranges, std::uint64_t id, const char* kind) {
  std::uint64_t end = 0;
  for (const auto& range : ranges) {
    if (id >= range.inside && id - range.inside < range.count) return;
    end = std::max<std::uint64_t>(end, std::uint64_t{range.inside} + range.count);
  }
  const bool is_user = std::string_view(kind) == "user";
  throw Error(ErrorKind::permission, format("it belongs to {} id {}, but only ids below {} are mapped", kind, id, end))
      .with_hint(
          format("give the user a subordinate range of at least {} ids in {}, then end all containers and try again",
                 id + 1, is_user ? "/etc/subuid" : "/etc/subgid"));
}

bool is_allowed_xattr(const std::string& name) {
  if (name.find('\0') != std::string::npos || name.size() > 255) return false;
  if (name == "security.capability") return true;
  return name.starts_with("user.") && !name.starts_with("user.overlay.") && !name.starts_with("user.fuseoverlayfs.") &&
         !name.starts_with("user.containers.");
}

void set_xattr(int fd, const std::string& name, const std::string& value) {
  if (!is_allowed_xattr(name)) {
    log_debug("attribute '{}' is dropped", printable(name));
    return;
  }
  if (::fsetxattr(fd, name.c_str(), value.data(), value.size(), 0) == 0) return;
  if (errno == ENOSPC || errno == EDQUOT) throw_errno("set attribute '{}'", printable(name));
  log_debug("attribute '{}': {}", printable(name), errno_text(errno));
}

void record_owner(int fd, const TarEntry& entry) {
  const std::string value = format("{}:{}:0{:o}", entry.uid, entry.gid, entry.mode);
  if (::fsetxattr(fd, "user.containers.override_stat", value.data(), value.size(), 0) == 0) return;
  if (errno == ENOSPC || errno == EDQUOT) throw_errno("record its owner");
  log_debug("owner {} is not recorded: {}", value, errno_text(errno));
}

bool mark_opaque(int directory) {
  if (::fsetxattr(directory, "user.overlay.opaque", "y", 1, 0) == 0) return true;
  if (errno == ENOTSUP) return false;
  throw_errno("mark the directory opaque");
}

}  // namespace lichen::image
