// The table of rules, and who may speak.
#include "buildah/language/lint.hh"

#include <algorithm>

#include "buildah/language/linter.hh"
#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"

namespace lichen::language {
namespace {

bool names(const std::vector<std::string>& list, std::string_view rule) {
  return std::any_of(list.begin(), list.end(),
                     [rule](const std::string& name) { return iequals(name, rule) || iequals(name, "all"); });
}

}  // namespace

const std::vector<LintRule>& lint_rules() {
  static const std::vector<LintRule> kRules = {
      {"ConsistentInstructionCasing", "all instructions of a file are written in the same case", false},
      {"CopyIgnoredFile", "what COPY and ADD take is not excluded by the ignore file", true},
      {"DuplicateStageName", "each stage has a name of its own", false},
      {"ExposeInvalidFormat", "EXPOSE has ports of the container: no address, no port of the host", false},
      {"ExposeProtoCasing", "the protocol in EXPOSE is in lower case", false},
      {"FromAsCasing", "AS is in the case of FROM", false},
      {"FromPlatformFlagConstDisallowed", "--platform of FROM follows the build, it is not a constant", false},
      {"InvalidDefaultArgInFrom", "the defaults of global ARGs make valid image names", false},
      {"InvalidDefinitionDescription", "a comment on ARG or FROM AS begins with the name that it describes", true},
      {"JSONArgsRecommended", "CMD and ENTRYPOINT are JSON arrays, so that signals reach the program", false},
      {"LegacyKeyValueFormat", "ENV and LABEL are written with =", false},
      {"MaintainerDeprecated", "the author is a label; MAINTAINER is deprecated", false},
      {"MultipleInstructionsDisallowed", "an instruction of which only the last counts is there once", false},
      {"NoEmptyContinuation", "no empty lines inside an instruction; they will become errors", false},
      {"RedundantTargetPlatform", "--platform=$TARGETPLATFORM is what FROM does anyhow", false},
      {"ReservedStageName", "no stage is called scratch or context", false},
      {"SecretsUsedInArgOrEnv", "no secrets in ARG and ENV, which are kept in the image", false},
      {"StageNameCasing", "names of stages are in lower case", false},
      {"UndefinedArgInFrom", "FROM uses ARGs that are declared before it", false},
      {"UndefinedVar", "variables are defined before they are used", false},
      {"WorkdirRelativePath", "the first WORKDIR of a file does not depend on that of the base image", false},
  };
  return kRules;
}

Linter::Linter(const Dockerfile& dockerfile, const LintOptions& options) : dockerfile_(dockerfile), options_(options) {}

bool Linter::is_on(const LintRule& rule) const {
  const auto& directives = dockerfile_.directives;
  if (names(directives.check_skip, rule.name) || names(options_.skip, rule.name)) return false;
  return !rule.is_experimental || names(directives.check_experimental, rule.name) ||
         names(options_.experimental, rule.name);
}

void Linter::report(std::string_view rule, Position position, unsigned end_line, std::string message) {
  const auto& rules = lint_rules();
  const auto row = std::find_if(rules.begin(), rules.end(), [rule](const auto& each) { return each.name == rule; });
  LICHEN_ASSERT(row != rules.end());
  if (!is_on(*row)) return;
  warnings_.push_back({std::string(row->name), std::string(row->description), std::move(message), position, end_line});
}

std::vector<LintWarning> Linter::take() {
  std::stable_sort(warnings_.begin(), warnings_.end(), [](const LintWarning& a, const LintWarning& b) {
    return std::pair(a.position.line, a.position.column) < std::pair(b.position.line, b.position.column);
  });
  return std::move(warnings_);
}

std::vector<LintWarning> lint(const Dockerfile& dockerfile, const LintOptions& options) {
  Linter linter(dockerfile, options);
  lint_style(linter);
  lint_values(linter);
  return linter.take();
}

}  // namespace lichen::language
