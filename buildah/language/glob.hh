// Wildcards in COPY and ADD sources: Go's filepath.Match (the Dockerfile reference names it), plus ** for any number of
// directories.
//
// `*` and `?` do not match a slash; [set] [^set] and ranges do as in Go; a leading dot is nothing special. Matching is
// linear in the path (pattern.hh).
#pragma once

#include <string>
#include <string_view>

#include "buildah/language/pattern.hh"

namespace lichen::language {

class Glob {
 public:
  /// @param pattern  relative, clean (no "./", "//", "..")
  /// @throws Error{invalid} a malformed pattern
  explicit Glob(std::string_view pattern) : pattern_(pattern, PatternStyle::glob) {}

  bool matches(std::string_view path) const { return pattern_.matches(path); }
  /// Whether some path below `directory` could match; a walk need not enter others.
  bool may_match_below(std::string_view directory) const { return pattern_.may_match_below(directory); }
  bool has_wildcards() const { return pattern_.has_wildcards(); }
  /// Without wildcards: the one path meant, escapes resolved ("a\*b" → "a*b").
  const std::string& literal() const { return pattern_.literal(); }
  /// The leading directories without wildcards, where a walk can begin: "src" of "src/*/x", "" of "*.c".
  std::string fixed_directory() const;

 private:
  Pattern pattern_;
};

}  // namespace lichen::language
