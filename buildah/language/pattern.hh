// Path patterns as automata: what .dockerignore, --exclude and COPY sources have in common.
//
// A pattern becomes a list of tokens; matching keeps the set of tokens that may come next and reads the path once.
// There is no backtracking: a pattern of n tokens costs at most n steps per character, also `*a*a*a*a*b` against
// "aaaa...".
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
  /// @throws Error{invalid} a malformed pattern: an open [, an empty set, a range without an end, a final backslash
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
  enum class Form : std::uint8_t { exact, prefix, suffix, automaton };
  enum class Kind : std::uint8_t {
    literal,
    any_character,  // not a slash
    char_class,
    star,         // any number of characters that are not slashes
    anything,     // any number of characters
    optional,     // either the next token or the one after it
    until_slash,  // any characters, the last a slash
  };
  struct Token {
    Kind kind = Kind::literal;
    char32_t character = 0;
    std::size_t char_class = 0;  // index into classes_
  };
  struct CharClass {
    bool is_negated = false;
    std::vector<std::pair<char32_t, char32_t>> ranges;
  };
  class Run;

  void compile_double_star(std::size_t& at, std::size_t start);
  void add_directories();
  CharClass read_class(std::size_t& at) const;
  char32_t read_class_character(std::size_t& at) const;
  bool is_in(const CharClass& char_class, char32_t character) const;
  [[noreturn]] void malformed(std::string_view why) const;

  std::string text_, literal_;
  PatternStyle style_ = PatternStyle::glob;
  Form form_ = Form::exact;
  bool has_wildcards_ = false;
  std::vector<Token> tokens_;
  std::vector<CharClass> classes_;
};

}  // namespace lichen::language
