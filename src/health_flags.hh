// --health-* and --no-healthcheck of run and create.
#pragma once

#include "src/container_flags.hh"

namespace lichen::cli {

/// @throws Error{usage} a malformed value, or --no-healthcheck beside another of them
void set_health(const ParsedArgs& args, ContainerRequest& request);

}  // namespace lichen::cli
