// lichen system check: every object of the store, looked at once, and what to do about damage.
//
// Nothing here is needed for daily work: a damaged object never keeps others from working. Repair throws nothing away
// that may hold somebody's data: damaged objects move to set-aside/, dangling names and refs go, layers that no image
// has are deleted.
#pragma once

#include <functional>
#include <map>
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

/// Chain ids of layers in, what is wrong with the files of each damaged one out.
using LayerProblems = std::map<std::string, std::string>;
using VerifyLayers = std::function<LayerProblems(Engine&, const std::vector<std::string>& ids)>;
/// By lichen-image, which reads every byte of them. @throws what it reports
LayerProblems verify_layers(Engine& engine, const std::vector<std::string>& ids);

/// Look at all records, and unless `quick` at the layers' directories too, their contents by `verify`. Enters U0. The
/// findings may refer to `engine`.
std::vector<StoreFinding> check_store(Engine& engine, bool quick, const VerifyLayers& verify = {});

/// Do what can be done. A repair that fails says so in `problem`.
void repair_store(std::vector<StoreFinding>& findings);

}  // namespace lichen::engine
