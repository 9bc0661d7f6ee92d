#include "compose/language/interpolate_tree.hh"

#include "libpod/base/error.hh"

namespace lichen::compose {
namespace {

class Walker {
 public:
  Walker(const Mapping& environment, const Sources& sources) : sources_(sources) {
    lookup_ = [&environment](const std::string& name) -> std::optional<std::string> {
      const auto found = environment.find(name);
      return found == environment.end() ? std::nullopt : std::optional(found->second);
    };
  }

  void walk(Node& node) {
    if (node.is_string()) return scalar(node);
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      path_.push_back(node.is_mapping() ? node.items[i].key : std::to_string(i));
      is_index_.push_back(!node.is_mapping());
      walk(node.items[i]);
      path_.pop_back();
      is_index_.pop_back();
    }
  }

  void scalar(Node& node) {
    if (node.text.find('$') == std::string::npos) return;
    try {
      std::string text = interpolate(node.text, lookup_, unset);
      node.is_interpolated = text != node.text;
      node.text = std::move(text);
    } catch (const Error& error) {
      sources_.fail(node.spot, path(), error.what(), error.hint());
    }
  }

  void start_at(const std::string& path) {
    path_.push_back(path);
    is_index_.push_back(false);
  }

  std::vector<std::string> unset;

 private:
  std::string path() const {
    std::string text;
    for (std::size_t i = 0; i < path_.size(); ++i)
      text += is_index_[i] ? "[" + path_[i] + "]" : (i == 0 ? "" : ".") + path_[i];
    return text;
  }

  Lookup lookup_;
  const Sources& sources_;
  std::vector<std::string> path_;
  std::vector<bool> is_index_;
};

}  // namespace

void interpolate_tree(Node& document, const Mapping& environment, Loading& loading) {
  Walker walker(environment, loading.sources);
  walker.walk(document);
  loading.warn_unset(walker.unset);
}

void collect_tree_variables(const Node& node, std::map<std::string, Variable>& variables) {
  if (node.is_string()) collect_variables(node.text, variables);
  for (const auto& item : node.items) collect_tree_variables(item, variables);
}

void interpolate_scalar(Node& node, const std::string& path, const Mapping& environment, const Sources& sources) {
  Walker walker(environment, sources);
  walker.start_at(path);
  if (node.is_string()) walker.scalar(node);
}

}  // namespace lichen::compose
