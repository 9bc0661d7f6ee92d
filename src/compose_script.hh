// compose export script: a project as the plain commands that make it.
#pragma once

#include <string>

#include "compose/language/model.hh"
#include "libpod/engine/engine.hh"

namespace lichen::cli {

/// For sh(1): networks, volumes, secrets, builds, and containers in the order of their dependencies, with the labels by
/// which compose finds them. Values of variables that secrets come from are not written down: the script asks for them.
/// @throws Error{unsupported} something that plain commands cannot say
std::string project_script(engine::Engine& engine, const compose::Project& project);

}  // namespace lichen::cli
