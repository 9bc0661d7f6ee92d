// The header of a tar entry, for layers that are made here: ustar where that can say it, else a pax header before it
// (POSIX.1-2008 pax(1), "pax Interchange Format").
//
// The same entry gives the same bytes for all time, as they become part of diff ids: numeric owners, times in whole
// seconds, no names of users, no times of reading. It does what Go's archive/tar does in its restricted form, so a tool
// of that family that repacks such a layer has nothing to change.
#pragma once

#include <cstdint>
#include <vector>

#include "libpod/image/tar_header.hh"
#include "libpod/image/tar_reader.hh"

#include <sys/types.h>

namespace lichen::image {

/// Append the header (or the pax header with its data, and the header) of `entry` to `out`.
///
/// @param entry  name without a leading slash, of directories with one behind; size counts for files only; mtime_nsec
///               and the sparse parts do not count; xattrs in the order in which they are to come
/// @param device of character and block devices
/// @throws Error{unsupported} an attribute whose name no pax record can hold
void append_tar_entry(const TarEntry& entry, dev_t device, std::vector<std::uint8_t>& out);

/// Zeros that follow `size` bytes of data up to the next block.
inline std::size_t tar_padding(std::uint64_t size) {
  return static_cast<std::size_t>((kTarBlock - size % kTarBlock) % kTarBlock);
}

}  // namespace lichen::image
