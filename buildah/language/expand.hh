// ${...} in words: the language's own small shell. It never runs anything.
//
// A word is read once from left to right; quotes group and go, the escape character makes the next one literal, and
// what a variable gives is not read again. Forms: $N ${N} and ${N:-w} ${N-w} ${N:+w} ${N+w} ${N:?w} ${N?w} ${N#p}
// ${N##p}
// ${N%p} ${N%%p} ${N/p/r} ${N//p/r}, where w, p and r may have variables of their own. Patterns know * ? and \.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "buildah/language/ast.hh"

namespace lichen::language {

/// The value of a variable; nullopt = unset. Called once for each reference.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

/// What an expansion asked for.
struct Names {
  std::set<std::string> used;       // were set
  std::set<std::string> undefined;  // were not, and nothing says what then holds
  std::set<std::string> defaulted;  // were not, in a form that says so: ${N:-w} ${N-w} ${N:+w} ${N+w}
};

struct Expanded : Names {
  std::string text;
};

struct ExpandedWords : Names {
  std::vector<std::string> words;
};

/// Limits of one word: bytes of the result, ${} inside ${}, and comparisons that its patterns may cost.
inline constexpr std::size_t kMaxExpansion = 4u << 20;
inline constexpr int kMaxNesting = 64;
inline constexpr std::size_t kMaxPatternWork = 100'000'000;

/// One word stays one word, whatever its value: ADD ARG COPY ENV FROM LABEL STOPSIGNAL USER VOLUME WORKDIR.
/// @throws Error{invalid}  a missing brace or quote, an unknown form, ${N:?message}; without a place: the caller adds
/// it
Expanded expand(std::string_view word, const Lookup& lookup, char escape = '\\');

/// EXPOSE: an unquoted variable's value is split at blanks; empty words go.
ExpandedWords expand_words(std::string_view word, const Lookup& lookup, char escape = '\\');

/// The same for a word of a Dockerfile: errors show its place. @throws Error{invalid}
Expanded expand(const Word& word, const Source& source, const Lookup& lookup, char escape = '\\');
ExpandedWords expand_words(const Word& word, const Source& source, const Lookup& lookup, char escape = '\\');

/// The body of an unquoted heredoc of COPY and ADD: variables and backslash escapes, quotes are text.
Expanded expand_heredoc(std::string_view body, const Lookup& lookup);

}  // namespace lichen::language
