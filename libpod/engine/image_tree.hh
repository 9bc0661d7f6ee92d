// lichen image tree: the layers of an image from the lowest up, or what other images put on top of it.
#pragma once

#include <string>
#include <vector>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct LayerNode {
  std::string id;                   // chain id
  std::int64_t size = 0;            // of its tar
  std::vector<std::string> top_of;  // names (ids of nameless ones) of the images that end here
  std::vector<LayerNode> above;
};

struct LayerTree {
  std::string id;
  std::vector<std::string> names;
  std::int64_t size = 0;
  std::vector<LayerNode> layers;  // lowest first, each without `above`; with what_requires what stands on the last one
};

/// @throws Error{not_found}
LayerTree layer_tree(Engine& engine, const std::string& image, bool what_requires);

}  // namespace lichen::engine
