#include "libpod/engine/image_tree.hh"

#include <map>
#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/image_lookup.hh"

namespace lichen::engine {
namespace {

class Forest {
 public:
  explicit Forest(Engine& engine) : engine_(engine) {
    const auto refs = engine.images.refs();
    for (const auto& id : engine.images.list()) {
      try {
        const auto meta = engine.images.get(id);
        std::string below;
        for (const auto& layer : meta.chain_ids) above_[std::exchange(below, layer)].insert(layer);
        const auto names = names_of_image(refs, id);
        for (const auto& name : names) top_of_[below].push_back(familiar(name));
        if (names.empty()) top_of_[below].push_back(short_id(id));
      } catch (const Error& error) {
        log_warn("{}", error.what());
      }
    }
  }

  LayerNode node(const std::string& id) const {
    LayerNode made{.id = id, .size = 0, .top_of = {}, .above = {}};
    if (const auto found = top_of_.find(id); found != top_of_.end()) made.top_of = found->second;
    if (engine_.layers.has(id)) made.size = engine_.layers.get(id).tar_size;
    return made;
  }

  // As deep as an image has layers: 500 at most (limits.hh of image).
  std::vector<LayerNode> above(const std::string& id) const {
    std::vector<LayerNode> nodes;
    const auto found = above_.find(id);
    if (found == above_.end()) return nodes;
    for (const auto& layer : found->second) {
      nodes.push_back(node(layer));
      nodes.back().above = above(layer);
    }
    return nodes;
  }

 private:
  const Engine& engine_;
  std::map<std::string, std::set<std::string>> above_;
  std::map<std::string, std::vector<std::string>> top_of_;
};

}  // namespace

LayerTree layer_tree(Engine& engine, const std::string& image, bool what_requires) {
  const std::string id = require_image(engine, image).id;
  const auto meta = engine.images.get(id);
  LayerTree tree{.id = id, .names = {}, .size = meta.size, .layers = {}};
  for (const auto& name : names_of_image(engine.images.refs(), id)) tree.names.push_back(familiar(name));
  const Forest forest(engine);
  if (what_requires) {
    if (!meta.chain_ids.empty()) tree.layers = forest.above(meta.chain_ids.back());
    return tree;
  }
  for (const auto& layer : meta.chain_ids) tree.layers.push_back(forest.node(layer));
  return tree;
}

}  // namespace lichen::engine
