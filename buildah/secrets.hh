// Values of --secret, read when they are wanted.
#pragma once

#include <optional>
#include <string>

#include "buildah/options.hh"
#include "libpod/engine/engine.hh"

namespace lichen::buildah {

/// @return nullopt: no --secret has that id @throws Error{not_found} its file or variable is not there
std::optional<std::string> read_secret(const engine::Engine& engine, const BuildOptions& options,
                                       const std::string& id);

}  // namespace lichen::buildah
