#include "compose/language/merge.hh"

#include <unordered_map>

#include "libpod/base/error.hh"
#include "libpod/base/path.hh"

namespace lichen::compose {
namespace {

/// What makes an item of a list the same item in another file; nullopt: only equal items are the same.
std::optional<std::string> identity(const Node& item, Merge rule, std::string_view path) {
  if (!item.is_mapping()) return item.is_scalar() ? std::optional(item.text) : std::nullopt;
  switch (rule) {
    case Merge::target: {
      const Node* target = item.find("target");
      if (target != nullptr) return clean_path(target->text);
      // A secret is at /run/secrets/SOURCE, a config at /SOURCE unless said otherwise.
      const std::string source(item.text_of("source"));
      return path.ends_with(".secrets") ? "/run/secrets/" + source : "/" + source;
    }
    case Merge::ports: {
      const std::string ip(item.text_of("host_ip"));
      return format("{}:{}:{}/{}", ip.empty() ? "0.0.0.0" : ip, item.text_of("published"), item.text_of("target"),
                    item.text_of("protocol"));
    }
    case Merge::path:
      return std::string(item.text_of("path"));
    case Merge::subnet:
      return std::string(item.text_of("subnet"));
    default:
      return std::nullopt;
  }
}

bool is_list_rule(Merge rule) {
  return rule == Merge::append || rule == Merge::target || rule == Merge::ports || rule == Merge::path ||
         rule == Merge::subnet;
}

void keep_key(Node& node, const Node& old) {
  node.key = old.key;
  node.key_spot = old.key_spot;
}

class Merger {
 public:
  explicit Merger(const Sources& sources) : sources_(sources) {}

  /// @return false when the member is to go (`!reset`)
  bool merge(Node& base, Node over, const Schema* at, const std::string& path) const {
    if (over.tag == Node::Tag::reset) return false;
    if (over.tag == Node::Tag::override_) {
      over.tag = Node::Tag::none;
      replace(base, std::move(over));
      return true;
    }
    if (over.is_null()) return true;
    const Merge rule = at == nullptr ? Merge::replace : at->row.merge;
    if (base.is_mapping() && over.is_mapping() && merges_members(base, over, rule, at)) {
      merge_members(base, std::move(over), at, path);
    } else if (base.is_sequence() && over.is_sequence() && is_list_rule(rule)) {
      append(base, std::move(over), at, path);
    } else if (!base.is_null() &&
               (base.is_mapping() || over.is_mapping() || base.is_sequence() || over.is_sequence()) &&
               base.kind != over.kind && is_strict(at)) {
      sources_.fail(over.spot, path, format("{} cannot override {}", describe(over.kind), describe(base.kind)));
    } else {
      replace(base, std::move(over));
    }
    return true;
  }

 private:
  static void replace(Node& base, Node over) {
    keep_key(over, base);
    base = std::move(over);
  }

  /// A ulimit, command, or x-* may change its form.
  static bool is_strict(const Schema* at) { return at != nullptr && at->row.merge != Merge::replace; }

  static bool merges_members(const Node& base, const Node& over, Merge rule, const Schema* at) {
    if (rule == Merge::logging) {
      const Node* before = base.find("driver");
      const Node* after = over.find("driver");
      return before == nullptr || after == nullptr || before->text == after->text;
    }
    if (rule == Merge::map) return true;
    return at != nullptr && at->row.form == Form::ulimit;
  }

  void merge_members(Node& base, Node over, const Schema* at, const std::string& path) const {
    constexpr std::size_t kFew = 16;
    std::unordered_map<std::string, std::size_t> index;
    if (base.items.size() > kFew)
      for (std::size_t i = 0; i < base.items.size(); ++i) index.emplace(base.items[i].key, i);
    const auto find = [&](const std::string& key) -> Node* {
      if (index.empty()) return base.find(key);
      const auto found = index.find(key);
      return found == index.end() ? nullptr : &base.items[found->second];
    };
    std::vector<std::string> gone;
    for (auto& item : over.items) {
      Node* old = find(item.key);
      if (old == nullptr) {
        if (item.tag == Node::Tag::reset) continue;
        if (!index.empty()) index.emplace(item.key, base.items.size());
        item.tag = Node::Tag::none;
        base.items.push_back(std::move(item));
        continue;
      }
      const Schema* member = at == nullptr || item.key.starts_with("x-") ? nullptr : at->member(item.key);
      if (member == nullptr && at != nullptr) member = at->any.get();
      const std::string key = item.key;
      if (!merge(*old, std::move(item), member, path.empty() ? key : path + "." + key)) gone.push_back(key);
    }
    for (const auto& key : gone) base.erase(key);
  }

  void append(Node& base, Node over, const Schema* at, const std::string& path) const {
    std::unordered_map<std::string, std::size_t> index;
    for (std::size_t i = 0; i < base.items.size(); ++i)
      if (const auto name = identity(base.items[i], at->row.merge, at->row.path)) index.insert_or_assign(*name, i);
    for (auto& item : over.items) {
      const auto name = identity(item, at->row.merge, at->row.path);
      const auto same = name ? index.find(*name) : index.end();
      if (same == index.end()) {
        if (name) index.emplace(*name, base.items.size());
        base.items.push_back(std::move(item));
      } else if (at->row.merge == Merge::subnet) {
        merge_members(base.items[same->second], std::move(item), at->item.get(), path);
      } else {
        base.items[same->second] = std::move(item);
      }
    }
  }

  const Sources& sources_;
};

void settle_list(Node& node, const Schema& at) {
  std::vector<Node> kept;
  kept.reserve(node.items.size());
  std::unordered_map<std::string, std::size_t> index;
  for (auto& item : node.items) {
    if (item.tag == Node::Tag::reset) continue;
    item.tag = Node::Tag::none;
    const auto name = identity(item, at.row.merge, at.row.path);
    const auto [found, is_new] = name ? index.emplace(*name, kept.size()) : std::pair(index.end(), true);
    if (is_new)
      kept.push_back(std::move(item));
    else
      kept[found->second] = std::move(item);
  }
  node.items = std::move(kept);
}

}  // namespace

void merge_into(Node& base, Node over, const Schema& at, const std::string& path, const Sources& sources) {
  Merger(sources).merge(base, std::move(over), &at, path);
}

void settle(Node& node, const Schema& at) {
  if (node.is_sequence()) {
    if (is_list_rule(at.row.merge)) settle_list(node, at);
    if (at.item)
      for (auto& item : node.items) settle(item, *at.item);
    return;
  }
  if (!node.is_mapping()) return;
  std::erase_if(node.items, [](const Node& item) { return item.tag == Node::Tag::reset; });
  for (auto& item : node.items) {
    item.tag = Node::Tag::none;
    const Schema* member = at.member(item.key);
    if (member == nullptr) member = at.any.get();
    if (member != nullptr) settle(item, *member);
  }
}

}  // namespace lichen::compose
