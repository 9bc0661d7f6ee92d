// `builder prune`: the cache of steps, the layers that only it leads to, the directories of --mount=type=cache, and
// what --explain compares with. Without filters it takes what `system df` calls reclaimable.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libpod/base/time.hh"
#include "libpod/engine/engine.hh"

namespace lichen::buildah {

struct PruneRequest {
  bool all = false;                // also what an image uses: the cache forgets it, the image stays
  std::optional<Timestamp> until;  // only what was not of use since
};

struct Pruned {
  std::vector<std::string> layers;  // that are gone
  std::int64_t bytes = 0;
};
Pruned prune_build_cache(engine::Engine& engine, const PruneRequest& request);

}  // namespace lichen::buildah
