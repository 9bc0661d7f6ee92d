// The content and the extended attributes of one file, from descriptor to descriptor.
//
// Content goes the cheapest way that the file systems allow: shared extents (FICLONE), a copy inside the kernel, then
// read and write. Holes stay holes.
#pragma once

#include <string_view>

#include <sys/stat.h>

namespace lichen::sys {

/// Make `to`, an empty regular file open for writing, hold what `from`, a regular file open for reading, holds.
/// @param size  of `from`
/// @throws Error{system} naming `what`
void copy_file_data(int from, int to, off_t size, std::string_view what);

/// Copy the extended attributes but overlay's own (whiteouts and opaque marks of one layer mean nothing elsewhere).
/// Descriptors may be O_PATH. User attributes, file capabilities and ACLs must arrive; others (labels of security
/// modules) go along where that is allowed.
/// @throws Error{system|permission} naming `what`
void copy_xattrs(int from, int to, std::string_view what);

/// Owner, extended attributes, mode and times of `from`, in the order in which the kernel keeps them: chown(2) clears
/// set-id bits and capabilities.
/// @param to    may be O_PATH; a symlink's mode is left alone
void copy_metadata(int from, const struct stat& info, int to, std::string_view what);

/// Whether a directory or file has the attribute `name` with the value `value`.
bool has_xattr(int fd, const char* name, std::string_view value);

}  // namespace lichen::sys
