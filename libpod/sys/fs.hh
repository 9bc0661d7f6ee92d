// Files and directories of the host, by path or by (dirfd, name). Paths inside a container's or image's root are never
// given to these: sys/resolve is the only way in there.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

#include "libpod/sys/unique_fd.hh"

namespace lichen::sys {

/// openat(2) with O_CLOEXEC. @throws Error{not_found|permission|system} naming `path`
UniqueFd open_at(int dirfd, const std::string& path, int flags, mode_t mode = 0);
UniqueFd open_path(const std::string& path, int flags, mode_t mode = 0);
/// nullopt for ENOENT and ENOTDIR.
std::optional<UniqueFd> open_if_exists(int dirfd, const std::string& path, int flags);

bool exists(const std::string& path);        // lstat: a dangling symlink exists
bool is_directory(const std::string& path);  // follows symlinks

/// Make one directory; true when it was made, false when it was there already.
bool make_directory(const std::string& path, mode_t mode = 0700);
/// Make `path` and missing parents. Existing ones keep their modes. The caller's umask does not count for those made.
void make_directories(const std::string& path, mode_t mode = 0700);

enum class Durability {
  none,    // a rename; after a power cut the old or an empty file may be there
  synced,  // the file is synced before the rename, the directory after it
};

/// Replace a file by temporary + rename: readers see the old or the new content, never half of one.
/// The temporary is `.<name>.<random>` in the same directory, removed on failure.
void write_file_atomic(const std::string& path, std::string_view content, mode_t mode = 0600,
                       Durability durability = Durability::synced);

/// A cached answer; nullopt when there is none that can be read, whatever the reason.
std::optional<std::string> read_cached(const std::string& path, std::size_t limit);
/// A full disk or a directory that is not ours costs the caller time, nothing else: no error.
void write_cached(const std::string& path, std::string_view content);

/// Write a new or existing file in place: for files that nobody reads yet.
void write_file(const std::string& path, std::string_view content, mode_t mode = 0600);

/// Names in a directory but "." and "..", unsorted. {} when it does not exist.
std::vector<std::string> list_directory(const std::string& path);
std::vector<std::string> list_directory_at(int dirfd, std::string_view what);

/// Remove `name` and all beneath it, without following a symlink and without leaving its mount: a mount point in the
/// tree or at its top is an error, bind mounts too. Names without permission
/// bits are made accessible first (a layer may hold mode 0 directories). Nothing to remove is fine; works through depth
/// without recursion on the stack.
/// @throws Error{system} naming the entry that resisted
void remove_tree(const std::string& path);
void remove_tree_at(int dirfd, const std::string& name);

void rename_path(const std::string& from, const std::string& to);
/// RENAME_NOREPLACE; false when `to` exists.
bool rename_no_replace(const std::string& from, const std::string& to);
/// false when it did not exist.
bool remove_file(const std::string& path);
void make_symlink(const std::string& target, const std::string& path);
std::optional<std::string> read_link(const std::string& path);
/// @throws Error{not_found|system}
std::string read_link_at(int dirfd, const std::string& name);

void sync_directory(const std::string& path);
/// fsync; EINVAL and EROFS are no failures (special files).
void sync_fd(int fd, std::string_view what);
/// syncfs(2) of the file system that holds `path`.
void sync_file_system(const std::string& path);

/// Blocks and entries below a path as they are on disk (512-byte blocks times 512); hard links once.
struct Usage {
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;
};
Usage disk_usage(const std::string& path);
/// Bytes of blocks of one entry: a directory without what is in it, a symlink itself. 0 when it is not there.
std::int64_t own_disk_size(const std::string& path);
/// Of a file, or of a directory with all beneath it. 0 when it is not there.
std::int64_t disk_size(const std::string& path);

}  // namespace lichen::sys
