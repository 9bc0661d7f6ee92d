#include "src/build_checks.hh"

#include "buildah/language/ignore.hh"
#include "libpod/base/format.hh"
#include "src/exit_code.hh"
#include "src/output.hh"

namespace lichen::cli {

std::vector<language::LintWarning> find_mistakes(const buildah::BuildInput& input,
                                                 const buildah::BuildOptions& options) {
  const language::IgnoreRules ignored(input.ignore_text, input.ignore_name);
  language::LintOptions wanted;
  wanted.ignore_rules = &ignored;
  wanted.build_args = options.build_args;
  return language::lint(input.dockerfile, wanted);
}

int print_checks(const buildah::BuildInput& input, const std::vector<language::LintWarning>& warnings) {
  if (warnings.empty()) {
    write_out("Check complete, no warnings found.\n");
    return kExitOk;
  }
  std::string text = format("Check complete, {} warning{} found\n", warnings.size(), warnings.size() == 1 ? "" : "s");
  for (const auto& warning : warnings)
    text += format("\nWARNING: {}\n{}\n{}\n", warning.rule, warning.description,
                   language::show_place(*input.dockerfile.source, warning.position, warning.message));
  write_out(text);
  return kExitNo;
}

}  // namespace lichen::cli
