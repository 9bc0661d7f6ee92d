// The parsed form of a template. Private to src/template*.cc.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libpod/base/error.hh"
#include "libpod/base/json.hh"

namespace lichen::cli::tmpl {

/// Byte offset into the template's text; errors turn it into line and column.
using Offset = std::size_t;

struct Pipeline;

struct Operand {
  enum class Kind : std::uint8_t { dot, field, variable, literal, nil, function, paren };
  Kind kind = Kind::dot;
  Offset at = 0;
  std::string name;                 // function; variable with its $
  std::vector<std::string> fields;  // .A.B after dot, variable or paren
  Json literal;
  std::shared_ptr<Pipeline> pipeline;  // paren
};

struct Command {
  std::vector<Operand> words;  // first the function or value, then arguments; never empty
};

struct Pipeline {
  Offset at = 0;
  std::vector<std::string> variables;  // $x := ... (one), $k, $v := range ... (two)
  bool assigns = false;                // $x = ... instead of :=
  std::vector<Command> commands;       // never empty
};

struct Node {
  enum class Kind : std::uint8_t { text, action, if_block, with, range, break_out, next_item, call };
  Kind kind = Kind::text;
  Offset at = 0;
  std::string text;  // text; call: the template's name
  std::optional<Pipeline> pipeline;
  std::vector<Node> body;
  std::vector<Node> otherwise;
};

struct Program {
  std::string source;
  std::vector<Node> main;
  std::map<std::string, std::vector<Node>> named;
};

/// @throws Error{usage} "template:1:5: reason"
[[noreturn]] void fail(const std::string& source, Offset at, std::string reason, std::string hint = {});

/// @throws Error{usage}
std::unique_ptr<Program> parse_program(std::string_view text);

}  // namespace lichen::cli::tmpl
