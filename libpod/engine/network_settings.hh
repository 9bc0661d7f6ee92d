// NetworkSettings of inspect: docker's member, with an object for each network.
#pragma once

#include "libpod/base/json.hh"
#include "libpod/engine/engine.hh"
#include "libpod/wire/container_state.hh"

namespace lichen::engine {

Json network_settings_object(const Engine& engine, const spec::ContainerConfig& config,
                             const wire::ContainerState& state);

}  // namespace lichen::engine
