// Builds the tree from the events of yaml-cpp's parser. Events, not its own nodes: those are several times as slow and
// unfold aliases without a bound.
#include "compose/language/document.hh"

#include <map>
#include <sstream>
#include <unordered_set>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "libpod/base/error.hh"

namespace lichen::compose {
namespace {

class Builder : public YAML::EventHandler {
 public:
  Builder(std::uint16_t file, const Sources& sources, const DocumentLimits& limits)
      : file_(file), sources_(sources), limits_(limits) {}

  std::optional<Node> take_root() { return std::exchange(root_, std::nullopt); }

  void OnDocumentStart(const YAML::Mark&) override {
    open_.clear();
    anchors_.clear();
    root_.reset();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.spot = spot_of(mark);
    add(std::move(node), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node;
    node.spot = spot_of(mark);
    if (tag == "?" || is_ours(tag) || is_core(tag, "int") || is_core(tag, "bool") || is_core(tag, "float") ||
        is_core(tag, "null")) {
      resolve_plain(node, value);
    } else {
      node.kind = Node::Kind::string;
      node.text = value;
    }
    set_tag(node, tag);
    // `"<<": x` in quotes is an ordinary key.
    if (tag == "?" && value == "<<") is_merge_key_ = expects_key();
    add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) sources_.fail(spot_of(mark), {}, "this alias stands inside what it refers to");
    unfolded_ += cost(found->second);
    if (unfolded_ > limits_.max_unfolded)
      sources_.fail(spot_of(mark), {}, format("aliases unfold to more than {} values", limits_.max_unfolded));
    Node copy = found->second;
    if (expects_key()) copy.spot = spot_of(mark);
    add(std::move(copy), 0);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    start(mark, tag, anchor, Node::Kind::sequence);
  }
  void OnSequenceEnd() override { finish(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    start(mark, tag, anchor, Node::Kind::mapping);
  }
  void OnMapEnd() override { finish(); }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    bool has_key = false;  // of a mapping: key read, value to come
    bool is_merge = false;
    Node key;
    std::vector<Node> merged;              // values of `<<`
    std::unordered_set<std::string> keys;  // filled when the mapping is large
  };

  static bool is_core(const std::string& tag, std::string_view name) {
    constexpr std::string_view prefix = "tag:yaml.org,2002:";
    return tag.starts_with(prefix) && std::string_view(tag).substr(prefix.size()) == name;
  }
  static bool is_ours(const std::string& tag) { return tag == "!reset" || tag == "!override"; }

  void set_tag(Node& node, const std::string& tag) const {
    if (tag == "!reset") {
      node.tag = Node::Tag::reset;
    } else if (tag == "!override") {
      node.tag = Node::Tag::override_;
    } else if (tag.size() > 1 && !tag.starts_with("tag:yaml.org,2002:")) {
      sources_.fail(node.spot, {}, format("unknown tag '{}'", tag), "known are !reset and !override");
    }
  }

  Spot spot_of(const YAML::Mark& mark) const {
    return {file_, static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
  }

  bool expects_key() const { return !open_.empty() && open_.back().node.is_mapping() && !open_.back().has_key; }

  static std::size_t cost(const Node& node) {
    std::size_t sum = 1 + (node.text.size() + node.key.size()) / 64;
    for (const auto& item : node.items) sum += cost(item);
    return sum;
  }

  void start(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node::Kind kind) {
    if (expects_key()) sources_.fail(spot_of(mark), {}, "a key must be a string, not a list or mapping");
    if (open_.size() >= limits_.max_depth)
      sources_.fail(spot_of(mark), {}, format("more than {} levels deep", limits_.max_depth));
    Open open;
    open.node.kind = kind;
    open.node.spot = spot_of(mark);
    open.anchor = anchor;
    set_tag(open.node, tag);
    open_.push_back(std::move(open));
  }

  void finish() {
    Open done = std::move(open_.back());
    open_.pop_back();
    if (!done.merged.empty()) merge_keys(done);
    add(std::move(done.node), done.anchor);
  }

  /// What is written wins over what is merged, and earlier mappings of the list over later ones
  /// (yaml.org/type/merge.html).
  void merge_keys(Open& open) {
    std::unordered_set<std::string> present;
    for (const auto& item : open.node.items) present.insert(item.key);
    for (auto& source : open.merged)
      for (auto& item : source.items)
        if (present.insert(item.key).second) open.node.items.push_back(std::move(item));
  }

  void add(Node node, YAML::anchor_t anchor) {
    values_ += 1 + (anchor != 0 ? cost(node) : 0);
    if (values_ > limits_.max_values) sources_.fail(node.spot, {}, format("more than {} values", limits_.max_values));
    if (anchor != 0) anchors_.insert_or_assign(anchor, node);
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.is_sequence()) {
      parent.node.items.push_back(std::move(node));
    } else if (parent.has_key) {
      add_value(parent, std::move(node));
    } else {
      add_key(parent, std::move(node));
    }
  }

  void add_key(Open& parent, Node key) {
    if (key.is_null()) sources_.fail(key.spot, {}, "a key must be a string, not nothing");
    if (!key.is_scalar()) sources_.fail(key.spot, {}, "a key must be a string, not a list or mapping");
    parent.is_merge = std::exchange(is_merge_key_, false);
    if (!parent.is_merge) check_duplicate(parent, key);
    parent.key = std::move(key);
    parent.has_key = true;
  }

  void check_duplicate(Open& parent, const Node& key) {
    constexpr std::size_t kFew = 16;
    auto& items = parent.node.items;
    const Node* first = nullptr;
    if (items.size() < kFew) {
      first = parent.node.find(key.text);
    } else {
      if (parent.keys.empty())
        for (const auto& item : items) parent.keys.insert(item.key);
      if (!parent.keys.insert(key.text).second) first = parent.node.find(key.text);
    }
    if (first != nullptr)
      sources_.fail(key.spot, {}, format("key '{}' is there already, in line {}", key.text, first->key_spot.line));
  }

  void add_value(Open& parent, Node value) {
    parent.has_key = false;
    if (!parent.is_merge) {
      value.key = std::move(parent.key.text);
      value.key_spot = parent.key.spot;
      parent.node.items.push_back(std::move(value));
      return;
    }
    if (value.is_mapping()) {
      parent.merged.push_back(std::move(value));
      return;
    }
    if (!value.is_sequence()) sources_.fail(value.spot, {}, "'<<' takes a mapping or a list of mappings");
    for (auto& item : value.items) {
      if (!item.is_mapping()) sources_.fail(item.spot, {}, "'<<' takes a mapping or a list of mappings");
      parent.merged.push_back(std::move(item));
    }
  }

  std::uint16_t file_;
  const Sources& sources_;
  const DocumentLimits& limits_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Node> anchors_;
  std::size_t values_ = 0, unfolded_ = 0;
  bool is_merge_key_ = false;
  std::optional<Node> root_;
};

struct Reason {
  std::string_view found, ours;
};

/// Our words for what yaml-cpp found; its texts may go on behind these.
constexpr std::string_view kIndented = "a key or list item cannot stand here: look at the indentation";
constexpr std::string_view kEscape = "an escape that a quoted string does not know";
constexpr std::string_view kAnchor = "an anchor or alias is not well formed";
const Reason kReasons[] = {
    {YAML::ErrorMsg::UNKNOWN_ANCHOR, "an alias to an anchor that is not there"},
    {YAML::ErrorMsg::END_OF_MAP_FLOW, "a '{' without its '}'"},
    {YAML::ErrorMsg::END_OF_MAP, "the mapping cannot go on like this: look at the indentation"},
    {YAML::ErrorMsg::END_OF_SEQ_FLOW, "a '[' without its ']'"},
    {YAML::ErrorMsg::END_OF_SEQ, "the list cannot go on like this: look at the indentation"},
    {YAML::ErrorMsg::MAP_KEY, kIndented},
    {YAML::ErrorMsg::MAP_VALUE, kIndented},
    {YAML::ErrorMsg::BLOCK_ENTRY, kIndented},
    {YAML::ErrorMsg::TAB_IN_INDENTATION, "a tab in the indentation; YAML wants spaces"},
    {YAML::ErrorMsg::EOF_IN_SCALAR, "a quoted string does not end"},
    {YAML::ErrorMsg::DOC_IN_SCALAR, "a quoted string does not end"},
    {YAML::ErrorMsg::MULTIPLE_ANCHORS, "two anchors for one value"},
    {YAML::ErrorMsg::MULTIPLE_TAGS, "two tags for one value"},
    {YAML::ErrorMsg::MULTIPLE_ALIASES, kAnchor},
    {YAML::ErrorMsg::ALIAS_CONTENT, kAnchor},
    {YAML::ErrorMsg::ALIAS_NOT_FOUND, kAnchor},
    {YAML::ErrorMsg::ANCHOR_NOT_FOUND, kAnchor},
    {YAML::ErrorMsg::CHAR_IN_ALIAS, kAnchor},
    {YAML::ErrorMsg::CHAR_IN_ANCHOR, kAnchor},
    {YAML::ErrorMsg::INVALID_ESCAPE, kEscape},
    {YAML::ErrorMsg::INVALID_HEX, kEscape},
    {YAML::ErrorMsg::INVALID_UNICODE, kEscape},
    {YAML::ErrorMsg::CHAR_IN_BLOCK, "wrong characters after '|' or '>'"},
    {YAML::ErrorMsg::ZERO_INDENT_IN_BLOCK, "wrong characters after '|' or '>'"},
    {YAML::ErrorMsg::FLOW_END, "a ']' or '}' that closes nothing"},
    {YAML::ErrorMsg::UNKNOWN_TOKEN, "a character that no value starts with; quote the value"},
};

/// Whether line `number` (from 0) of the text starts with blanks among which is a tab.
bool is_tabbed(std::string_view text, int number) {
  for (; number > 0 && !text.empty(); --number) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  const auto blanks = text.substr(0, text.find_first_not_of(" \t"));
  return blanks.find('\t') != std::string_view::npos;
}

std::string_view reason_of(const YAML::Exception& error, std::string_view text) {
  if (is_tabbed(text, error.mark.line)) return "a tab in the indentation; YAML wants spaces";
  for (const auto& reason : kReasons)
    if (error.msg.starts_with(reason.found)) return reason.ours;
  return "this is not YAML";
}

}  // namespace

std::vector<Node> parse_documents(std::string_view text, std::uint16_t file, const Sources& sources,
                                  const DocumentLimits& limits) {
  if (text.size() > limits.max_bytes)
    throw_error(ErrorKind::invalid, "{}: larger than {} MiB", sources.name(file), limits.max_bytes >> 20);
  std::vector<Node> documents;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Builder builder(file, sources, limits);
    while (parser.HandleNextDocument(builder))
      if (auto root = builder.take_root(); root && !root->is_null()) documents.push_back(std::move(*root));
  } catch (const YAML::Exception& error) {
    const Spot spot{file, static_cast<std::uint32_t>(std::max(error.mark.line, 0) + 1),
                    static_cast<std::uint32_t>(std::max(error.mark.column, 0) + 1)};
    sources.fail(spot, {}, reason_of(error, text));
  }
  return documents;
}

}  // namespace lichen::compose
