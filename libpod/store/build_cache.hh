// build/steps/: which layers the cache of builds leads to (buildah/step_cache.hh writes it).
#pragma once

#include <string>
#include <vector>

#include "libpod/store/paths.hh"

namespace lichen::store {

/// Chain ids of all layers that a step of a build may be taken from: `rmi` keeps them, `builder prune` does not.
std::vector<std::string> cached_layers(const Paths& paths);

}  // namespace lichen::store
