// What builds keep for the next time, as people see it: layers of steps, directories of --mount=type=cache, and what
// --explain compares with. `system df`, `builder du` show it; `builder prune` takes what is reclaimable here.
//
// A layer that an image has as well is shared: it is the image's, and counts there.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "libpod/base/time.hh"
#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct BuildCacheEntry {
  std::string id;           // of the layer, or of the cache directory
  std::string type;         // docker's words: regular, exec.cachemount, internal
  std::string description;  // the id of a cache mount
  std::string parent;       // layer beneath
  std::string created;      // RFC 3339; may be empty
  Timestamp last_used;
  std::int64_t size = 0;  // on disk
  std::size_t steps = 0;  // that lead to it
  bool in_use = false;    // a build has it now
  bool shared = false;
  bool is_reclaimable() const { return !in_use && !shared; }
};

/// @param image_layers  chain ids of the layers that images have @stage in U0
std::vector<BuildCacheEntry> list_build_cache(const Engine& engine, const std::set<std::string>& image_layers);

/// Chain ids of the layers of all images; damaged images are passed over.
std::set<std::string> layers_of_images(const Engine& engine);

/// A row of docker's `system df -v`.
Json build_cache_row(const BuildCacheEntry& entry);

}  // namespace lichen::engine
