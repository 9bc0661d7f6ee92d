// build --check: the mistakes in a Dockerfile, for `lichen build` and `lichen compose build` alike.
#pragma once

#include <vector>

#include "buildah/input.hh"
#include "buildah/language/lint.hh"

namespace lichen::cli {

std::vector<language::LintWarning> find_mistakes(const buildah::BuildInput& input,
                                                 const buildah::BuildOptions& options);

/// docker's form: the rule, what is wrong, and the line. @return the exit code: 1 when there are any
int print_checks(const buildah::BuildInput& input, const std::vector<language::LintWarning>& warnings);

}  // namespace lichen::cli
