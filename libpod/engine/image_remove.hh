// lichen rmi and image prune, by docker's rules.
//
// A name is taken away; the image itself goes with its last name. An image that a running container uses never goes;
// one that a stopped container uses goes only with force, and then it loses its names but stays on disk, nameless,
// until that container is gone: unlike docker's, our containers read the layers of the image itself. Layers go when no
// image has them, through staging; see image_lookup.hh for the locks.
#pragma once

#include <string>
#include <vector>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct ImageRemoval {
  std::vector<std::string> untagged;  // as docker shows names
  std::vector<std::string> deleted;   // "sha256:..." of the image, then of its layers
  std::string kept_for;               // "container x", "manifest list x": needs the nameless image; usually empty
  std::int64_t bytes = 0;             // given back on disk

  /// docker's lines: "Untagged: x", "Deleted: sha256:..."
  std::vector<std::string> lines() const;
};

/// @param no_prune  keep the layers
/// @throws Error{not_found} no such image; Error{conflict} in use (the message names the container and the way out) or
/// several names
ImageRemoval remove_image(Engine& engine, const std::string& text, bool force, bool no_prune);

struct PruneRequest {
  bool all = false;                  // also images with names
  std::vector<std::string> filters;  // until, label, label!, dangling
};
/// Remove images that no container uses.
ImageRemoval prune_images(Engine& engine, const PruneRequest& request);

/// Delete those of `chain_ids` that no image has. @return those deleted @stage in U0
std::vector<std::string> remove_unused_layers(Engine& engine, const std::vector<std::string>& chain_ids,
                                              std::int64_t& bytes);

}  // namespace lichen::engine
