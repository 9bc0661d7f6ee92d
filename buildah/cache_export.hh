// --cache-to: the steps of this build, left for others (cache_steps.hh) in a registry, a directory or the image itself.
//
// Each longest row of layers becomes an image that nobody would run, its configuration says which step made which
// layer, and a manifest list holds them together: an ordinary one, which goes out as every list does. mode=min takes
// the steps whose layers the result has, mode=max all.
#pragma once

#include <vector>

#include "buildah/build_share.hh"
#include "buildah/options.hh"
#include "libpod/base/json.hh"
#include "libpod/engine/engine.hh"

namespace lichen::buildah {

/// @param results  the stacks of the images that were built @throws Error, unless the place says ignore-error
void export_cache(engine::Engine& engine, const BuildOptions& options, const std::vector<KnownStep>& steps,
                  const std::vector<LayerStack>& results, Progress& progress);

/// type=inline: what goes into the configuration of an image with this stack. null: nothing, or it is not wanted.
Json inline_cache(const BuildOptions& options, const std::vector<KnownStep>& steps, const LayerStack& stack);

}  // namespace lichen::buildah
