// --squash: what the steps have made becomes one layer; with --squash-all, together with the image they began with.
//
// The layers' changes are played, lowest first, onto a mount whose upper directory becomes the layer. So overlayfs
// makes the whiteouts and opaque marks that are left at the end, for any driver, and what came and went leaves nothing.
// The outcome is remembered as that of a step (step_cache.hh).
#pragma once

#include <string>

#include "buildah/options.hh"
#include "buildah/stage_state.hh"
#include "libpod/engine/engine.hh"

namespace lichen::buildah {

/// All layers have their identity. History keeps its entries; those of the layers become ones without.
/// @stage in U0
void squash_layers(engine::Engine& engine, const std::string& driver, const BuildOptions& options, StageState& state);

}  // namespace lichen::buildah
