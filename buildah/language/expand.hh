// ${...} in words: the language's own small shell. It never runs anything.
//
// A word is read once from left to right; quotes group and go, the escape character makes the next one literal, and what
// a variable gives is not read again. Forms: $N ${N} and ${N:-w} ${N-w} ${N:+w} ${N+w} ${N:?w} ${N?w} ${N#p} ${N##p}
// ${N%p} ${N%%p} ${N/p/r} ${N//p/r}, where w, p and r may have variables of their own. Patterns know * ? and \.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lichen::language {

/// The value of a variable; nullopt = unset. Called once for each reference.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

struct Expanded {
  std::string text;
  std::set<std::string> used;       // names that were set
  std::set<std::string> undefined;  // names that were not, ${N:-w} included
};

struct ExpandedWords {
  std::vector<std::string> words;
  std::set<std::string> used, undefined;
};

/// Limits of one word's result and of ${} inside ${}.
inline constexpr std::size_t kMaxExpansion = 4u << 20;
inline constexpr int kMaxNesting = 64;

/// One word stays one word, whatever its value: ADD ARG COPY ENV FROM LABEL STOPSIGNAL USER VOLUME WORKDIR.
/// @throws Error{invalid}  a missing brace or quote, an unknown form, ${N:?message}; without a place: the caller adds it
Expanded expand(std::string_view word, const Lookup& lookup, char escape = '\\');

/// EXPOSE: an unquoted variable's value is split at blanks; empty words go.
ExpandedWords expand_words(std::string_view word, const Lookup& lookup, char escape = '\\');

/// The body of an unquoted heredoc of COPY and ADD: variables and backslash escapes, quotes are text.
Expanded expand_heredoc(std::string_view body, const Lookup& lookup);

}  // namespace lichen::language
