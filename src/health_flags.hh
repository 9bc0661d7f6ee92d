// --health-* and --no-healthcheck of run, create and update.
#pragma once

#include "libpod/engine/update.hh"
#include "src/container_flags.hh"

namespace lichen::cli {

/// @throws Error{usage} a malformed value, or --no-healthcheck beside another of them
void set_health(const ParsedArgs& args, ContainerRequest& request);

/// For update: what is given; nullopt: none of them. @throws as above
std::optional<engine::HealthUpdate> health_update(const ParsedArgs& args);

}  // namespace lichen::cli
