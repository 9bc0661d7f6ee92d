// .dockerignore: which paths of the build context do not exist for the build.
//
// The rules are those of docker (moby/patternmatcher as its context walker calls it): patterns are rooted at the
// context; one that matches a directory covers everything below; the last pattern that matches wins; `!` brings back.
// Each pattern is an automaton (pattern.hh), so that time is linear in path and pattern whatever the pattern is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "buildah/language/pattern.hh"

namespace lichen::language {

class IgnoreRules {
 public:
  IgnoreRules() = default;
  /// The text of an ignore file: one pattern per line, # comments, byte order mark.
  /// @throws Error{invalid} "NAME:LINE: ..." a malformed pattern
  explicit IgnoreRules(std::string_view text, const std::string& file_name = ".dockerignore");
  /// Patterns of --exclude. @throws Error{invalid}
  static IgnoreRules from_patterns(const std::vector<std::string>& patterns);

  /// @param path  relative to the context, slashes, clean; "" and "." are never ignored
  bool ignores(std::string_view path) const;
  /// True when `directory` and all that may be below it are ignored: a walk need not enter.
  bool may_skip_directory(std::string_view directory) const;

  /// For walks over many files: what is known of a directory saves looking at it again for each child.
  struct State {
    bool is_ignored = false;
    std::vector<bool> matched;  // one per pattern
  };
  /// @param parent  the state of the directory that holds `path`; nullptr for the context itself
  State enter(std::string_view path, const State* parent) const;
  /// As may_skip_directory() with the state of `directory` known.
  bool may_skip(std::string_view directory, const State& state) const;

  bool empty() const { return rules_.empty(); }
  bool has_exceptions() const { return has_exceptions_; }

 private:
  struct Rule {
    Pattern pattern;
    bool is_exception = false;
  };
  void add(std::string_view pattern);

  std::vector<Rule> rules_;
  bool has_exceptions_ = false;
};

}  // namespace lichen::language
