// Decompression of layers and archives, told apart by their first bytes (media types of images in the wild are wrong
// too often).
//
// Reachable from a registry: gzip (ISA-L, all members checked), zstd (window limited) and none. Archives given by the
// user may also be xz (liblzma, memory limited) or bzip2, read by libarchive with only that filter and the raw format
// registered (its blocks are 900 kB at most), so that none of its other readers is reachable (security.md C27).
#pragma once

#include <memory>
#include <string_view>

#include "libpod/image/stream.hh"

namespace lichen::image {

enum class Compression { none, gzip, zstd, bzip2, xz };

/// By the first bytes; at least six of them unless the stream is shorter.
Compression detect_compression(Bytes start);
std::string_view to_string(Compression compression);

enum class Allowed { layers, archives };

/// A source of the decompressed bytes of `source` (borrowed). What is not compressed comes through as it is.
/// @param size  of the whole source where it is known; else 0, and what was read so far counts; kUnknownSize: it may
///              grow as it will
/// @throws Error{unsupported} a kind of compression that is not allowed here. Reading may throw Error{invalid}: it is
///         damaged, or grows more than limits.hh allows, whoever reads it and whatever for
std::unique_ptr<ByteSource> decompress(ByteSource& source, Allowed allowed, std::uint64_t size);

}  // namespace lichen::image
