// What the configuration says of every container, where nobody has said it for this one.
#pragma once

#include "libpod/engine/settings.hh"
#include "libpod/spec/container_config.hh"

namespace lichen::engine {

/// default_sysctls; a setting of a namespace that this container shares is left out. @throws Error{usage} a malformed
/// one
void add_default_sysctls(const Settings& settings, spec::ContainerConfig& config);
/// default_ulimits. @throws Error{usage} a malformed one
void add_default_ulimits(const Settings& settings, spec::ContainerConfig& config);

}  // namespace lichen::engine
