#include "libpod/engine/private_place.hh"

#include "libpod/sys/fs.hh"
#include "libpod/sys/mount.hh"

#include <linux/mount.h>

namespace lichen::engine {

const std::string& PrivatePlace::path() {
  if (made_) return path_;
  sys::make_directory(path_, 0700);  // stores of earlier versions have none
  const auto mount = sys::make_file_system("tmpfs", "lichen", {{"mode", "0755"}},
                                           MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
  sys::attach_mount_at(mount.get(), path_);
  made_ = true;
  return path_;
}

}  // namespace lichen::engine
