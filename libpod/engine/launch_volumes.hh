// A container's volumes at its start, in the mount namespace of its monitor: those with driver options are mounted, new
// ones get the image's content and their owner, subdirectories are found.
#pragma once

#include "libpod/engine/engine.hh"
#include "libpod/engine/private_place.hh"
#include "libpod/spec/generate.hh"

namespace lichen::engine {

/// Fills facts.volume_paths. @param root  of the root file system @stage in U0 and in a mount namespace of our own
/// @throws Error{not_found} a volume, its device or its subpath
void prepare_volumes(const Engine& engine, const spec::ContainerConfig& config, int root, PrivatePlace& place,
                     spec::HostFacts& facts);

}  // namespace lichen::engine
