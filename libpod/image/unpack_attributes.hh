// Owners and extended attributes of unpacked files, always through a descriptor.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libpod/image/tar_reader.hh"
#include "libpod/sys/userns.hh"

namespace lichen::image {

/// @param kind "user" or "group"
/// @throws Error{permission} the id is not mapped; the hint names the subordinate range to add
void check_mapped(const std::vector<sys::IdRange>& ranges, std::uint64_t id, const char* kind);

/// Whether an attribute of a layer may be set: security.capability, and user.* but what overlay and its friends read.
bool is_allowed_xattr(const std::string& name);
/// Set an allowed attribute; others are dropped. What the file system or kernel refuses is dropped too, at debug level.
void set_xattr(int fd, const std::string& name, const std::string& value);

/// user.containers.override_stat = "uid:gid:mode" (the form of fuse-overlayfs and containers/storage).
void record_owner(int fd, const TarEntry& entry);

/// user.overlay.opaque=y. false when the file system has no user attributes.
bool mark_opaque(int directory);

}  // namespace lichen::image
