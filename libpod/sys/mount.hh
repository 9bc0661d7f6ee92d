// Mounting, by descriptors: the mount API of Linux 5.2 to 5.12 (fsopen, fsmount, open_tree, move_mount, mount_setattr).
//
// A mount is first made detached, gets its attributes while nobody can see it, and is then attached to a directory or
// file that the caller has opened (in a container's root only through sys/resolve). So no name is looked up between
// check and use, and there is no moment in which a mount is visible with weaker flags (the old bind + remount has one).
// Linux 5.12 is needed: older kernels give Error{unsupported}.
//
// mount_legacy is mount(2), for what the new calls cannot say: option strings longer than 255 bytes (overlay's lowerdir
// before Linux 6.5). It takes host paths only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libpod/sys/unique_fd.hh"

namespace lichen::sys {

/// What mount_setattr(2) changes. Bits are MOUNT_ATTR_* (linux/mount.h), propagation one of MS_PRIVATE, MS_SLAVE,
/// MS_SHARED, MS_UNBINDABLE, or 0 for no change.
struct MountAttributes {
  std::uint64_t set = 0;
  std::uint64_t clear = 0;
  std::uint64_t propagation = 0;
  int userns_fd = -1;  // with MOUNT_ATTR_IDMAP in `set`
  bool empty() const { return set == 0 && clear == 0 && propagation == 0; }
};

/// Key and value of one file system option; an empty value is a flag ("noswap").
using MountOption = std::pair<std::string, std::string>;

/// Make a detached mount of a new file system.
///
/// @param type        "tmpfs", "proc", "overlay", ...
/// @param source      what mountinfo shows and, for disk file systems, the device; may be empty
/// @param attributes  MOUNT_ATTR_* of the mount
/// @return the mount; it goes when the descriptor closes, unless it is attached
/// @throws Error{permission|system|unsupported} with what the file system itself said, when it said something
UniqueFd make_file_system(const std::string& type, const std::string& source, const std::vector<MountOption>& options,
                          std::uint64_t attributes = 0);

/// "size=64m,noswap" -> pairs; empty pieces are skipped.
std::vector<MountOption> split_mount_options(std::string_view text);

/// A detached copy of the mount at `path` (relative to `dirfd`; empty: what `dirfd` itself is), from that file or
/// directory down.
/// @param recursive  with the mounts beneath it
UniqueFd clone_mount(int dirfd, const std::string& path, bool recursive, std::string_view what);

/// The same of a mount in the mount namespace of another process. nullopt: nothing is mounted on `path` there.
/// @stage single-threaded, with CAP_SYS_ADMIN in the user namespace that owns both mount namespaces
std::optional<UniqueFd> clone_mount_of_process(int pid, const std::string& path);

/// Change a mount given by a descriptor of its root (detached or attached).
/// @param recursive  and all mounts beneath
void set_mount_attributes(int mount, const MountAttributes& attributes, bool recursive, std::string_view what);

/// Attach a detached mount on the file or directory that `target` is open on.
/// @throws Error{invalid} one is a directory and the other is not
void attach_mount(int mount, int target, std::string_view what);
/// The same with a host path.
void attach_mount_at(int mount, const std::string& path);

/// Bind `source` on `target`, both host paths.
void bind_mount(const std::string& source, const std::string& target, bool recursive,
                const MountAttributes& attributes = {});

/// mount(2) with host paths. @param flags MS_*
void mount_legacy(const std::string& source, const std::string& target, const std::string& type, unsigned long flags,
                  const std::string& data);

/// Unmount a host path; MNT_DETACH. false when nothing is mounted there.
bool unmount(const std::string& path);

/// Change the propagation of "/" and all beneath it in this mount namespace.
void set_root_propagation(std::uint64_t propagation);

/// Make the mount that `root` is open on the root of this mount namespace; the old root and all its mounts are gone
/// afterwards. The working directory becomes "/". Never chroot: a process could leave that.
/// @param root  the root of a mount point
/// @source pivot_root(2), "pivot_root(".", ".")"
void pivot_to(int root);

/// Whether the descriptor is open on the root of a mount (statx STATX_ATTR_MOUNT_ROOT).
bool is_mount_root(int fd);

/// A program that cannot be changed through /proc/PID/exe of the process that runs it (CVE-2019-5736): a detached
/// read-only bind of the file when we may mount, else a sealed copy in memory. For SpawnOptions::program_fd and
/// execveat.
/// @throws Error{not_found|permission|system}
UniqueFd open_program_readonly(const std::string& path);
/// Whether /proc/self/exe is such a program already: on a read-only mount, or a memfd with F_SEAL_WRITE.
bool runs_from_readonly_program();

}  // namespace lichen::sys
