// Nodes of a compose file: members, scalars as go-yaml reads them, places in errors.
#include "compose/language/node.hh"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "libpod/base/error.hh"

namespace lichen::compose {
namespace {

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

/// Digits of `base` as Go's ParseInt(text, 0, 64) and ParseUint take them.
std::optional<std::string> integer_text(std::string_view plain) {
  std::string text;
  for (char c : plain)
    if (c != '_') text += c;
  bool is_negative = false;
  std::string_view digits = text;
  if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) {
    is_negative = digits[0] == '-';
    digits.remove_prefix(1);
  }
  int base = 10;
  if (digits.size() > 1 && digits[0] == '0') {
    const char mark = static_cast<char>(digits[1] | 0x20);
    base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
    digits.remove_prefix(mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1);
  }
  if (digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (is_negative && value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) + 1)
    return std::nullopt;
  return (is_negative && value != 0 ? "-" : "") + std::to_string(value);
}

/// [-+]? (.[0-9]+ | [0-9]+ (.[0-9]*)?) ([eE][-+]?[0-9]+)?
bool looks_like_float(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t start = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - start;
  };
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  const auto before = digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0 && before == 0) return false;
  } else if (before == 0) {
    return false;
  }
  if (at < text.size() && (text[at] | 0x20) == 'e') {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

std::optional<double> float_of(std::string_view text) {
  if (is_one_of(text, {".nan", ".NaN", ".NAN"})) return std::nan("");
  if (is_one_of(text, {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"})) return INFINITY;
  if (is_one_of(text, {"-.inf", "-.Inf", "-.INF"})) return -INFINITY;
  if (!looks_like_float(text)) return std::nullopt;
  if (text[0] == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void assign(Node& node, Node::Kind kind, std::string_view text) {
  node.kind = kind;
  node.text = text;
}

}  // namespace

const Node* Node::find(std::string_view name) const {
  if (kind != Kind::mapping) return nullptr;
  for (const auto& item : items)
    if (item.key == name) return &item;
  return nullptr;
}

Node* Node::find(std::string_view name) { return const_cast<Node*>(std::as_const(*this).find(name)); }

std::string_view Node::text_of(std::string_view name) const {
  const Node* member = find(name);
  return member != nullptr && member->is_scalar() ? std::string_view(member->text) : std::string_view();
}

Node& Node::set(std::string_view name, Node value) {
  if (value.key_spot.line == 0) value.key_spot = value.spot;
  value.key = name;
  if (Node* old = find(name)) return *old = std::move(value);
  items.push_back(std::move(value));
  return items.back();
}

Node& Node::set(std::string_view name, std::string_view value) { return set(name, make_string(value, *this)); }

void Node::erase(std::string_view name) {
  std::erase_if(items, [&](const Node& item) { return item.key == name; });
}

Node make_string(std::string_view text, const Node& at) {
  Node node;
  node.kind = Node::Kind::string;
  node.text = text;
  node.spot = at.spot;
  return node;
}

Node make_boolean(bool value, const Node& at) {
  Node node = make_string(value ? "true" : "false", at);
  node.kind = Node::Kind::boolean;
  return node;
}

Node make_null(const Node& at) {
  Node node;
  node.spot = at.spot;
  return node;
}

Node make_mapping(const Node& at) {
  Node node = make_null(at);
  node.kind = Node::Kind::mapping;
  return node;
}

Node make_sequence(const Node& at) {
  Node node = make_null(at);
  node.kind = Node::Kind::sequence;
  return node;
}

void resolve_plain(Node& node, std::string_view text) {
  const char first = text.empty() ? '\0' : text[0];
  if (text.empty() || is_one_of(text, {"~", "null", "Null", "NULL"})) return assign(node, Node::Kind::null, "");
  if (is_one_of(text, {"true", "True", "TRUE"})) return assign(node, Node::Kind::boolean, "true");
  if (is_one_of(text, {"false", "False", "FALSE"})) return assign(node, Node::Kind::boolean, "false");
  if ((first >= '0' && first <= '9') || first == '-' || first == '+' || first == '.') {
    if (const auto integer = integer_text(text)) return assign(node, Node::Kind::integer, *integer);
    if (const auto value = float_of(text)) return assign(node, Node::Kind::floating, go_float(*value));
  }
  assign(node, Node::Kind::string, text);
}

std::string go_float(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Inf" : "+Inf";
  const double size = std::fabs(value);
  const bool has_exponent = size != 0 && (size < 1e-4 || size >= 1e6);
  char buffer[400];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), value,
                                          has_exponent ? std::chars_format::scientific : std::chars_format::fixed);
  LICHEN_ASSERT(error == std::errc());
  return {buffer, end};
}

std::string_view describe(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::boolean:
      return "a boolean";
    case Node::Kind::integer:
      return "an integer";
    case Node::Kind::floating:
      return "a number";
    case Node::Kind::string:
      return "a string";
    case Node::Kind::sequence:
      return "a list";
    case Node::Kind::mapping:
      return "a mapping";
  }
  return "";
}

std::uint16_t Sources::add(std::string shown_name) {
  if (names_.size() >= 10000) throw_error(ErrorKind::invalid, "more than 10000 compose files");
  names_.push_back(std::move(shown_name));
  return static_cast<std::uint16_t>(names_.size() - 1);
}

Place Sources::place(const Spot& spot) const {
  if (spot.line == 0 || spot.file >= names_.size()) return {};
  return {names_[spot.file], spot.line, spot.column};
}

void Sources::fail(const Spot& spot, std::string_view path, std::string_view message, std::string hint) const {
  Error error(ErrorKind::invalid,
              show(place(spot), path.empty() ? std::string(message) : format("{}: {}", path, message)));
  if (!hint.empty()) error.with_hint(std::move(hint));
  throw error;
}

std::string show(const Place& place, std::string_view text) {
  if (place.file.empty()) return std::string(text);
  if (place.line == 0) return format("{}: {}", place.file, text);
  return format("{}:{}:{}: {}", place.file, place.line, place.column, text);
}

}  // namespace lichen::compose
