// Dockerfile text → ast.hh. Follows the reference of docker's Dockerfile frontend and, where it is silent, what
// BuildKit's parser does.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "buildah/language/ast.hh"

namespace lichen::language {

/// What hostile files may cost; more is an error.
struct ParseLimits {
  std::size_t max_bytes = 1u << 20;
  std::size_t max_instructions = 20000;
  std::size_t max_stages = 2000;
};

/// @param file_name  for messages
/// @throws Error{invalid}  "NAME:LINE:COLUMN: ..." with the line and a caret; the hint says what was meant
Dockerfile parse_dockerfile(std::string_view text, const std::string& file_name, const ParseLimits& limits = {});

/// Instructions without a stage: an ONBUILD trigger of a base image, `commit --change`. FROM is refused.
/// @throws Error{invalid}
std::vector<Instruction> parse_fragment(std::string_view text, const std::string& name, char escape = '\\');

/// All keywords, upper case, sorted.
const std::vector<std::string>& instruction_names();

}  // namespace lichen::language
