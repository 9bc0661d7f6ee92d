// lichen system check: every object of the store, looked at once, and what to do about damage.
//
// Nothing here is needed for daily work: a damaged object never keeps others from working. Repair throws nothing away
// that may hold somebody's data: damaged objects move to set-aside/, dangling names and refs go, layers that no image
// has are deleted.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct StoreFinding {
  std::string object;  // "container web", "layer 0123456789ab", "name web", "ref docker.io/library/debian:12"
  std::string problem;
  std::string fix;               // what --repair does, or what the user can do
  std::function<void()> repair;  // empty: only the user can
  bool repaired = false;
};

/// Look at all records, and unless `quick` at the layers' directories too. Enters U0. The findings may refer to
/// `engine`.
std::vector<StoreFinding> check_store(Engine& engine, bool quick);

/// Do what can be done. A repair that fails says so in `problem`.
void repair_store(std::vector<StoreFinding>& findings);

}  // namespace lichen::engine
