// Which containers of a project the words of a compose command mean.
#pragma once

#include <string>
#include <vector>

#include "compose/project_state.hh"
#include "src/compose_project.hh"

namespace lichen::cli {

enum class OneOffs { without, with };

/// The containers of these services, of all when none is named; those of `run` only when they are asked for.
/// @throws Error{not_found}, exit code 1: a service that the file does not have, nor any container
std::vector<compose::ProjectContainer> containers_of(engine::Engine& engine, const FoundProject& found,
                                                     const compose::Strings& services,
                                                     OneOffs one_offs = OneOffs::without);

/// One container of a service: number `index`, or with 0 the first that runs, else the first.
/// @throws Error{not_found}, exit code 1
compose::ProjectContainer container_of(engine::Engine& engine, const FoundProject& found, const std::string& service,
                                       std::int64_t index);

}  // namespace lichen::cli
