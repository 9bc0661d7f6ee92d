// The words of an OCI mount's `options` (config-linux.md and mount(8)) as one table, split into what the kernel takes
// where: mount attributes, propagation, what we do ourselves, and the rest, which is the file system's own.
#pragma once

#include <string>
#include <vector>

#include "libpod/sys/mount.hh"

namespace lichen::runtime {

struct MountOptions {
  sys::MountAttributes top;        // ro, nosuid, ...: the mount itself
  sys::MountAttributes recursive;  // rro, rnosuid, ...: it and all mounts beneath
  std::uint64_t propagation = 0;   // MS_PRIVATE ...; 0 = not asked for
  bool propagation_recursive = false;
  bool bind = false;
  bool bind_recursive = false;
  bool remount = false;
  bool copy_up = false;  // tmpcopyup: the tmpfs begins with what the directory held
  bool idmap = false;
  bool idmap_recursive = false;
  bool source_nofollow = false;
  bool destination_nofollow = false;
  std::vector<std::string> super_flags;  // sync, dirsync, lazytime, mand: of the file system, not of the mount
  std::vector<sys::MountOption> data;    // "size=64m" and what else the table does not know
};

MountOptions parse_mount_options(const std::vector<std::string>& options);

/// All words of the table, for `features`.
std::vector<std::string> known_mount_options();

}  // namespace lichen::runtime
