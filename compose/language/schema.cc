#include "compose/language/schema.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"

namespace lichen::compose {
namespace {

/// The place of `path` in the tree, made where it is missing.
Schema& place_of(Schema& root, std::string_view path) {
  Schema* at = &root;
  const auto step = [](std::unique_ptr<Schema>& child) {
    if (!child) child = std::make_unique<Schema>();
    return child.get();
  };
  while (!path.empty()) {
    std::string_view name = path.substr(0, path.find_first_of(".["));
    path.remove_prefix(name.size());
    if (name == "*") {
      at = step(at->any);
    } else if (!name.empty()) {
      const auto found = std::find_if(at->members.begin(), at->members.end(),
                                      [&](const auto& member) { return member.first == name; });
      at = found != at->members.end() ? found->second.get()
                                      : at->members.emplace_back(name, std::make_unique<Schema>()).second.get();
    }
    if (path.starts_with("[]")) {
      at = step(at->item);
      path.remove_prefix(2);
    }
    if (path.starts_with(".")) path.remove_prefix(1);
  }
  return *at;
}

void sort_members(Schema& schema) {
  std::sort(schema.members.begin(), schema.members.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& member : schema.members) sort_members(*member.second);
  if (schema.any) sort_members(*schema.any);
  if (schema.item) sort_members(*schema.item);
}

std::unique_ptr<const Schema> make_schema() {
  auto root = std::make_unique<Schema>();
  root->row.types = "m";
  root->row.merge = Merge::map;
  for (const auto& row : schema_rows()) place_of(*root, row.path).row = row;
  sort_members(*root);
  return root;
}

std::string expected(const Schema& schema) {
  static constexpr std::pair<char, std::string_view> kNames[] = {{'s', "a string"},  {'i', "an integer"},
                                                                 {'n', "a number"},  {'b', "true or false"},
                                                                 {'m', "a mapping"}, {'l', "a list"}};
  std::vector<std::string> words;
  for (const auto& [type, name] : kNames)
    if (schema.takes(type)) words.emplace_back(name);
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return text;
}

bool fits(const Schema& schema, const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return schema.takes('z');
    case Node::Kind::boolean:
      return schema.takes('b');
    case Node::Kind::integer:
      return schema.takes('i') || schema.takes('n');
    case Node::Kind::floating:
      return schema.takes('n');
    case Node::Kind::string:
      return schema.takes('s');
    case Node::Kind::sequence:
      return schema.takes('l');
    case Node::Kind::mapping:
      return schema.takes('m');
  }
  return false;
}

class Checker {
 public:
  Checker(const Sources& sources, bool interpolated, const Warn& warn)
      : sources_(sources), interpolated_(interpolated), warn_(warn) {}

  void check(Node& node, const Schema& at, const std::string& path) {
    if (node.tag == Node::Tag::reset) return;
    if (!fits(at, node)) adapt(node, at, path);
    if (node.is_mapping()) return check_members(node, at, path);
    if (node.is_sequence()) return check_items(node, at, path);
    check_boolean(node, at, path);
    check_value(node, at, path);
  }

 private:
  [[noreturn]] void wrong_type(const Node& node, const Schema& at, const std::string& path) const {
    std::string hint;
    if (node.is_null()) hint = "give it a value, or leave the key out";
    if (node.is_scalar() && at.takes('s') && !node.is_null()) hint = format("put it in quotes: \"{}\"", node.text);
    sources_.fail(node.spot, path, format("this must be {}, not {}", expected(at), describe(node.kind)), hint);
  }

  /// What ${...} left behind is text; it may stand for a number or a boolean.
  void adapt(Node& node, const Schema& at, const std::string& path) const {
    if (node.is_string() && !interpolated_ && node.text.find('$') != std::string::npos) return;
    if (node.is_string() && node.is_interpolated) {
      Node typed = node;
      resolve_plain(typed, node.text);
      if (!typed.is_null() && fits(at, typed)) {
        node = std::move(typed);
        return;
      }
    }
    wrong_type(node, at, path);
  }

  void check_members(Node& node, const Schema& at, const std::string& path) {
    const bool is_open = at.members.empty() && !at.any;
    for (auto& item : node.items) {
      const std::string item_path = path.empty() ? item.key : path + "." + item.key;
      const Schema* member = at.member(item.key);
      if (member != nullptr) {
        check(item, *member, item_path);
      } else if (at.any) {
        check_key(item, at, item_path);
        check(item, *at.any, item_path);
      } else if (is_open) {
        if (!item.is_scalar()) sources_.fail(item.spot, item_path, "this must be a string");
      } else if (!item.key.starts_with("x-")) {
        unknown_key(item, at, item_path);
      }
    }
  }

  void check_key(const Node& item, const Schema& at, const std::string& path) const {
    const bool is_object = at.row.path.find('.') == std::string_view::npos;
    if (is_object && !is_valid_key(item.key))
      sources_.fail(item.key_spot, path, "a name may have letters, digits, '.', '_' and '-' only");
  }

  [[noreturn]] void unknown_key(const Node& item, const Schema& at, const std::string& path) const {
    std::vector<std::string> names;
    for (const auto& member : at.members) names.emplace_back(member.first);
    std::string hint;
    if (const auto near = nearest(to_lower(item.key), names)) {
      hint = format("did you mean '{}'?", *near);
    } else if (at.row.path.empty() && schema().member("services")->any->member(item.key) == nullptr &&
               item.is_mapping() && (item.find("image") != nullptr || item.find("build") != nullptr)) {
      hint = "services stand below the key 'services'";
    } else {
      hint = "keys of your own start with 'x-'";
    }
    sources_.fail(item.key_spot, path, "unknown key", hint);
  }

  void check_items(Node& node, const Schema& at, const std::string& path) {
    static const Schema strings = [] {
      Schema schema;
      schema.row.types = "s";
      return schema;
    }();
    static const Schema pairs = [] {
      Schema schema;
      schema.row.types = "snb";
      return schema;
    }();
    const Schema& item_schema = at.item ? *at.item : at.row.form == Form::mapping ? pairs : strings;
    for (std::size_t i = 0; i < node.items.size(); ++i) check(node.items[i], item_schema, format("{}[{}]", path, i));
  }

  /// Text where a boolean is meant, as docker compose takes it: YAML 1.1's words with a warning.
  void check_boolean(Node& node, const Schema& at, const std::string& path) const {
    if (!node.is_string() || !at.takes('b') || at.takes('n') || at.takes('l') || at.takes('m')) return;
    if (is_text_or_boolean(at)) return;
    if (!interpolated_ && node.text.find('$') != std::string::npos) return;
    const std::string word = to_lower(node.text);
    const auto is_in = [&](std::initializer_list<std::string_view> words) {
      return std::find(words.begin(), words.end(), word) != words.end();
    };
    const bool is_old_true = is_in({"1", "t", "y", "yes", "on"});
    if (is_old_true || is_in({"0", "f", "n", "no", "off"}))
      warn_(node.spot, format("{}: '{}' is no boolean of YAML 1.2, write {}", path, node.text, is_old_true));
    else if (!is_in({"true", "false"}))
      sources_.fail(node.spot, path, format("this must be true or false, not '{}'", node.text));
    node.kind = Node::Kind::boolean;
    node.text = is_old_true || word == "true" ? "true" : "false";
  }

  /// build.provenance and build.sbom take options as text.
  static bool is_text_or_boolean(const Schema& at) {
    return at.row.path.ends_with(".provenance") || at.row.path.ends_with(".sbom");
  }

  void check_value(const Node& node, const Schema& at, const std::string& path) const {
    if (at.row.values.empty() || !node.is_string()) return;
    if (!interpolated_ && node.text.find('$') != std::string::npos) return;
    const auto words = split(at.row.values, '|');
    if (std::find(words.begin(), words.end(), node.text) != words.end()) return;
    if (node.text.empty()) return;
    std::string hint;
    if (const auto near = nearest(node.text, words)) hint = format("did you mean '{}'?", *near);
    sources_.fail(node.spot, path, format("'{}' is none of {}", node.text, join(words, ", ")), hint);
  }

  const Sources& sources_;
  bool interpolated_;
  const Warn& warn_;
};

void check_required_at(const Node& node, const Schema& at, const std::string& path, const Sources& sources) {
  if (node.is_sequence() && at.item) {
    for (std::size_t i = 0; i < node.items.size(); ++i)
      check_required_at(node.items[i], *at.item, format("{}[{}]", path, i), sources);
  }
  if (!node.is_mapping()) return;
  for (const auto& [name, member] : at.members)
    if (member->takes('!') && node.find(name) == nullptr)
      sources.fail(node.key_spot.line != 0 ? node.key_spot : node.spot, path, format("'{}' is missing", name));
  for (const auto& item : node.items) {
    const Schema* member = at.member(item.key);
    if (member == nullptr) member = at.any.get();
    if (member != nullptr && !item.is_scalar())
      check_required_at(item, *member, path.empty() ? item.key : path + "." + item.key, sources);
  }
}

}  // namespace

const Schema* Schema::member(std::string_view name) const {
  const auto found = std::lower_bound(members.begin(), members.end(), name,
                                      [](const auto& entry, std::string_view wanted) { return entry.first < wanted; });
  return found != members.end() && found->first == name ? found->second.get() : nullptr;
}

const Schema& schema() {
  static const std::unique_ptr<const Schema> root = make_schema();
  return *root;
}

bool is_valid_key(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

void check_document(Node& document, const Sources& sources, bool interpolated, const Warn& warn) {
  Checker(sources, interpolated, warn).check(document, schema(), {});
}

void check_required(const Node& model, const Sources& sources) { check_required_at(model, schema(), {}, sources); }

}  // namespace lichen::compose
