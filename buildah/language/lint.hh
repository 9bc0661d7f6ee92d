// `build --check`: things that are allowed but seldom meant. The rules and their names are those of docker's
// build checks; InvalidBaseImagePlatform is missing, since it needs the image.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "buildah/language/ast.hh"
#include "buildah/language/ignore.hh"

namespace lichen::language {

struct LintWarning {
  std::string rule;         // "StageNameCasing"
  std::string description;  // what the rule is about
  std::string message;      // what is wrong here
  Position position;
  unsigned end_line = 0;
};

struct LintOptions {
  const IgnoreRules* ignore_rules = nullptr;      // for CopyIgnoredFile
  std::map<std::string, std::string> build_args;  // --build-arg
  /// "NAME=VALUE" of a base image's configuration; nullopt or no function: unknown, then PATH counts as set.
  std::function<std::optional<std::vector<std::string>>(const std::string& image)> base_env;
  /// Rules left out besides those of `# check=skip=`, and experimental ones to be run; "all" is possible.
  std::vector<std::string> skip, experimental;
};

/// In the order of the file. `# check=skip=` is honoured; error=true is the caller's to act on
/// (Dockerfile::directives.check_error).
std::vector<LintWarning> lint(const Dockerfile& dockerfile, const LintOptions& options = {});

struct LintRule {
  std::string_view name;
  std::string_view description;
  bool is_experimental = false;
};
/// All rules, sorted by name.
const std::vector<LintRule>& lint_rules();

}  // namespace lichen::language
