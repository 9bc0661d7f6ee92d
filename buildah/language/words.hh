// The ways in which a logical line is cut: at blanks, into words with quotes, into --flags, as a JSON array, and where
// heredocs begin.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lichen::language {

/// A word and its offset in the logical line.
struct Token {
  std::string text;
  std::size_t offset = 0;
};

/// Cut at blanks; quotes mean nothing. `base` is the offset of `text` in the line, here and below.
std::vector<Token> split_blanks(std::string_view text, std::size_t base);

/// Cut at blanks outside quotes; quotes and escapes stay in the words.
std::vector<Token> split_quoted(std::string_view text, std::size_t base, char escape);

/// Take --name[=value] words from the front of `text`; their quotes and backslashes go. `--` ends them.
/// @return the offset in `text` of what is left
std::size_t take_flags(std::string_view text, std::size_t base, std::vector<Token>& flags);

/// What stands between [ and ].
struct JsonArray {
  enum class Kind { none, strings, other };  // none: no valid JSON array: the shell form; other: not only strings
  Kind kind = Kind::none;
  std::vector<std::string> items;
};
JsonArray json_array(std::string_view text);

/// [FD]<<[-]NAME as a whole word.
struct HeredocStart {
  std::string name;
  bool is_expanded = true;
  bool strips_tabs = false;
  unsigned fd = 0;
  std::size_t offset = 0;
};
std::optional<HeredocStart> heredoc_start(std::string_view word);
/// All of a line, in order. Unbalanced quotes give none, as in BuildKit.
std::vector<HeredocStart> heredoc_starts(std::string_view line);

}  // namespace lichen::language
