// lichen system df: what the store takes on disk, measured.
//
// Sizes are blocks (stat's st_blocks), not lengths; what several objects share, a layer of two images for instance, is
// counted once. The rows together are all that is beneath the store's root, so the sum is what du(1) says.
#pragma once

#include <vector>

#include "libpod/engine/container_summary.hh"
#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct StoreUsage {
  /// Images, Containers, Local Volumes, Build Cache, Staging, Cache, Other. Members: docker's Type TotalCount Active
  /// Size Reclaimable, podman's Total RawSize RawReclaimable. Reclaimable is what the prune commands with -a would give
  /// back.
  std::vector<Json> summary;
  /// The rows of images, ps -a and volume ls with their measured Size; images with SharedSize and UniqueSize, volumes
  /// with Links; docker's of the build cache.
  std::vector<Json> images, containers, volumes, build_cache;
};

/// Enters U0. @param verbose  fill the three lists too
StoreUsage measure_store(Engine& engine, bool verbose, const OnDamaged& on_damaged);

}  // namespace lichen::engine
