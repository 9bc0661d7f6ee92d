// Collects warnings. The folder's inside: lint.hh is the door.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "buildah/language/lint.hh"

namespace lichen::language {

class Linter {
 public:
  Linter(const Dockerfile& dockerfile, const LintOptions& options);

  void report(std::string_view rule, Position position, unsigned end_line, std::string message);
  void report(std::string_view rule, const Instruction& instruction, std::string message) {
    report(rule, instruction.position, instruction.end_line, std::move(message));
  }
  const Dockerfile& dockerfile() const { return dockerfile_; }
  const LintOptions& options() const { return options_; }
  std::vector<LintWarning> take();

 private:
  bool is_on(const LintRule& rule) const;

  const Dockerfile& dockerfile_;
  const LintOptions& options_;
  std::vector<LintWarning> warnings_;
};

/// Rules about how things are written.
void lint_style(Linter& linter);
/// Rules that follow variables through the stages, and those that need expanded words.
void lint_values(Linter& linter);

}  // namespace lichen::language
