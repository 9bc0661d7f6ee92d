// The part of `system check` that looks at pods.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "libpod/engine/system_check.hh"

namespace lichen::engine {

/// Records, names, and containers whose pod is gone.
/// @param set_aside  moves a damaged object away: its path, its kind, its name
std::vector<StoreFinding> check_pods(
    Engine& engine,
    const std::function<void(const std::string& path, const std::string& kind, const std::string& name)>& set_aside);

}  // namespace lichen::engine
