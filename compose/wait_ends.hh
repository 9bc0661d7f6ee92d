// compose wait: containers that are waited for side by side, so that the first that ends is the first that is told.
#pragma once

#include <functional>
#include <vector>

#include "compose/project_state.hh"

namespace lichen::compose {

/// @param ended  told of each with its exit code, in the order of their ends; false: wait for no more
/// @throws Error of a wait, e.g. not_found where one has been removed
void wait_for_ends(engine::Engine& engine, const std::vector<ProjectContainer>& containers,
                   const std::function<bool(const ProjectContainer& container, int exit_code)>& ended);

}  // namespace lichen::compose
