// Words of a template: text, and what stands between {{ and }}. Private to src/template*.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/template_nodes.hh"

namespace lichen::cli::tmpl {

struct Token {
  enum class Kind : std::uint8_t {
    text,      // outside of {{ }}, trimmed by {{- and -}}
    open,      // {{
    close,     // }}
    field,     // .Name; value = "Name"
    dot,       // .
    variable,  // $ or $name; value with the $
    word,      // keyword, function, true, false, nil
    literal,   // number, string, character
    left,      // (
    right,     // )
    pipe,      // |
    declare,   // :=
    assign,    // =
    comma,
    end,
  };
  Kind kind;
  Offset at;
  std::string value;
  Json literal;
  bool after_space = false;  // ".A .B" are two words, ".A.B" is one
};

/// @throws Error{usage} an unclosed action, string or comment; a character that means nothing
std::vector<Token> lex_template(const std::string& source);

}  // namespace lichen::cli::tmpl
