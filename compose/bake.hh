// compose build --print: the builds of a project as a document that `docker buildx bake` reads.
#pragma once

#include <set>
#include <string>

#include "compose/service_image.hh"

namespace lichen::compose {

/// {"group": {"default": {"targets": [...]}}, "target": {SERVICE: {...}}} for those of the services that are built.
Json bake_document(engine::Engine& engine, const Project& project, const std::set<std::string>& services,
                   const BuildChoice& choice);

}  // namespace lichen::compose
