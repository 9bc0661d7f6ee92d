// What the builds of one command share: those for further platforms, the cache of other stores, who keeps the steps for
// them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "buildah/cache_import.hh"
#include "buildah/layer_stack.hh"

namespace lichen::buildah {

/// A step with the outcome that it has now, whether it was made or found.
struct KnownStep {
  std::string key;  // StepKey::hash
  LayerStack after;
};

struct BuildShare {
  bool names_platform = false;      // in the titles of steps, as there are several
  std::set<std::string> made;       // keys of steps that this command made: they need not be made again
  CacheImport* imported = nullptr;  // --cache-from
  std::vector<KnownStep> steps;     // filled when they are wanted, for --cache-to
  bool wants_steps = false;

  void remember(const std::string& key, const LayerStack& after) {
    made.insert(key);
    if (wants_steps) steps.push_back({key, after});
  }
};

}  // namespace lichen::buildah
