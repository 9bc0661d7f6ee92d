// Path patterns as automata: what .dockerignore, --exclude and COPY sources have in common.
//
// A pattern becomes a list of tokens; matching keeps the set of tokens that may come next and reads the path once. There
// is no backtracking: a pattern of n tokens costs at most n steps per character, also `*a*a*a*a*b` against "aaaa...".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lichen::language {

enum class PatternStyle {
  glob,    // Go's filepath.Match per path, plus ** as a whole component for any number of directories
  ignore,  // moby/patternmatcher: ** anywhere, its prefix and suffix forms
};

class Pattern {
 public:
  Pattern() = default;
  /// @throws Error{invalid} a malformed pattern: an open [, an empty or reversed range, a final backslash
  Pattern(std::string_view text, PatternStyle style);

  bool matches(std::string_view path) const;
  /// Whether some path below `directory` could match.
  bool may_match_below(std::string_view directory) const;
  /// Whether it has * ? or [; without them it names one path: literal().
  bool has_wildcards() const { return has_wildcards_; }
  /// The one path of a pattern without wildcards, escapes resolved.
  const std::string& literal() const { return literal_; }
  const std::string& text() const { return text_; }

 private:
  enum class Kind : std::uint8_t { literal, any_character, char_class, star, star_slash, anything, anything_slash };
  struct Token {
    Kind kind = Kind::literal;
    char32_t character = 0;
    std::uint32_t char_class = 0;  // index into classes_
  };
  struct CharClass {
    bool is_negated = false;
    std::vector<std::pair<char32_t, char32_t>> ranges;
  };

  std::string text_, literal_;
  bool has_wildcards_ = false;
  std::vector<Token> tokens_;
  std::vector<CharClass> classes_;
};

}  // namespace lichen::language
