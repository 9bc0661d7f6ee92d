// Flags of run and create that exclude each other.
#pragma once

#include "src/arg_parser.hh"
#include "src/container_flags.hh"

namespace lichen::cli {

/// @throws Error{usage} the two flags and, where it helps, what to do
void check_combinations(const ParsedArgs& args, const ContainerRequest& request);

}  // namespace lichen::cli
