// The structs of ast.hh as JSON, one line per instruction: what the goldens hold. What is not said is left out.
#pragma once

#include <string>

#include "buildah/language/ast.hh"
#include "buildah/language/mount.hh"
#include "libpod/base/json.hh"

namespace lichen::language::test {

Json to_json(const Instruction& instruction);
/// Directives (when there are any), global ARGs, stages, warnings: a line each.
std::string dump(const Dockerfile& file);
Json to_json(const ResolvedMount& mount);

}  // namespace lichen::language::test
