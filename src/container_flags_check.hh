// Flags of run and create that exclude each other.
#pragma once

#include "src/arg_parser.hh"
#include "src/container_flags.hh"

namespace lichen::cli {

/// @throws Error{usage} the two flags and, where it helps, what to do
void check_combinations(const ParsedArgs& args, const ContainerRequest& request);

/// docker's --disable-content-trust, which is on: there is no trust to be had. @throws Error{unsupported} it is off
void check_content_trust(const ParsedArgs& args);

}  // namespace lichen::cli
