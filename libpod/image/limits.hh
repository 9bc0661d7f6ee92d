// What an image from outside may cost before it is refused. Each number is above what real images need and low enough
// that the machine stays usable (security.md C28).
#pragma once

#include <cstddef>
#include <cstdint>

namespace lichen::image {

inline constexpr std::size_t kMaxManifest =
    4u << 20;  // distribution-spec: registries should accept 4 MiB; peers allow no more
inline constexpr std::size_t kMaxConfig = 4u << 20;
inline constexpr std::size_t kMaxTokenBody = 1u << 20;
inline constexpr std::size_t kMaxErrorBody = 64u << 10;
inline constexpr std::size_t kMaxLayers = 500;  // OVL_MAX_STACK: overlay cannot stack more

inline constexpr std::uint64_t kMaxEntries = 1'000'000;  // per layer
inline constexpr std::size_t kMaxPathLength =
    4095;                                          // PATH_MAX without its NUL: the kernel could not look up longer ones
inline constexpr std::size_t kMaxComponent = 255;  // NAME_MAX
inline constexpr std::size_t kMaxPaxHeader = 1u << 20;  // as Go's archive/tar
inline constexpr std::size_t kMaxSparseParts = 100'000;
inline constexpr std::size_t kMaxXattrs = 64;            // per entry
inline constexpr std::size_t kMaxXattrSize = 64u << 10;  // XATTR_SIZE_MAX

/// A compressed layer may grow by this factor, or to kRatioFloor when that is more: gzip can reach 1030, real layers
/// stay below 20.
inline constexpr std::uint64_t kMaxRatio = 200;
inline constexpr std::uint64_t kRatioFloor = std::uint64_t{1} << 30;
/// Of a stream whose size nobody has told.
inline constexpr std::uint64_t kUnknownSize = UINT64_MAX;
/// Left free on the store's file system; checked each kSpaceStep bytes.
inline constexpr std::uint64_t kSpaceReserve = std::uint64_t{64} << 20;
inline constexpr std::uint64_t kSpaceStep = std::uint64_t{64} << 20;

inline constexpr int kZstdWindowLog = 27;  // 128 MiB, what `zstd --ultra -22` and `--long` use
inline constexpr std::uint64_t kXzMemory = std::uint64_t{128} << 20;  // `xz -9` needs 65 MiB

inline constexpr int kParallelLayers = 3;

}  // namespace lichen::image
