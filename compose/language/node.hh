// A compose file as a tree in which every value and every key knows its place.
//
// What YAML calls a mapping keeps the order of its members; a scalar holds its text in the form in which docker compose
// prints it (0x10 is "16", 1.10 is "1.1", TRUE is "true"). All steps before read_model work on this tree.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compose/language/model_parts.hh"

namespace lichen::compose {

/// A place by number of file (Sources); line and column count from 1, line 0 = no place.
struct Spot {
  std::uint16_t file = 0;
  std::uint32_t line = 0, column = 0;
};

struct Node {
  enum class Kind : std::uint8_t { null, boolean, integer, floating, string, sequence, mapping };
  enum class Tag : std::uint8_t { none, reset, override_ };  // !reset, !override

  Kind kind = Kind::null;
  Tag tag = Tag::none;
  bool is_interpolated = false;  // text came out of ${...}: it may stand for a number or a boolean
  Spot spot, key_spot;
  std::string key;          // of a member of a mapping
  std::string text;         // of a scalar; "" of null
  std::vector<Node> items;  // of a sequence, or members of a mapping

  bool is_null() const { return kind == Kind::null; }
  bool is_string() const { return kind == Kind::string; }
  bool is_sequence() const { return kind == Kind::sequence; }
  bool is_mapping() const { return kind == Kind::mapping; }
  bool is_scalar() const { return kind != Kind::sequence && kind != Kind::mapping; }

  /// Member `name` of a mapping, nullptr when absent (or this is no mapping).
  const Node* find(std::string_view name) const;
  Node* find(std::string_view name);
  /// Text of member `name`; "" when absent or no scalar.
  std::string_view text_of(std::string_view name) const;
  /// Add or replace member `name`; returns it.
  Node& set(std::string_view name, Node value);
  Node& set(std::string_view name, std::string_view value);
  void erase(std::string_view name);
};

/// New nodes that stand at the place of `at`.
Node make_string(std::string_view text, const Node& at);
Node make_boolean(bool value, const Node& at);
Node make_null(const Node& at);
Node make_mapping(const Node& at);
Node make_sequence(const Node& at);

/// Set kind and text of a scalar that was written without quotes, as go-yaml v3 reads it: null, booleans of YAML 1.2,
/// integers (decimal, 0x, 0o, 0b, 0 for octal, _ between digits), floats; anything else is a string.
void resolve_plain(Node& node, std::string_view text);

/// "true", "3.5", "1e+30": a float as Go prints it.
std::string go_float(double value);

/// "a mapping", "a list", "a string" ... for error messages.
std::string_view describe(Node::Kind kind);

/// Names of the files, in the order of their numbers.
class Sources {
 public:
  std::uint16_t add(std::string shown_name);
  const std::string& name(std::uint16_t file) const { return names_.at(file); }
  Place place(const Spot& spot) const;
  /// "FILE:LINE:COLUMN: MESSAGE" of Error{invalid}. `path` ("services.web.image", may be empty) stands before the
  /// message.
  [[noreturn]] void fail(const Spot& spot, std::string_view path, std::string_view message,
                         std::string hint = {}) const;

 private:
  std::vector<std::string> names_;
};

/// "FILE:LINE:COLUMN: TEXT"; without place TEXT alone.
std::string show(const Place& place, std::string_view text);

}  // namespace lichen::compose
