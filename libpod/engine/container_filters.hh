// --filter of ps.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "libpod/engine/container_summary.hh"
#include "libpod/engine/object_filter.hh"

namespace lichen::engine {

/// @throws Error{usage} unknown keys or values
Filters parse_container_filters(const std::vector<std::string>& words);

/// Whether docker would show stopped containers because of these filters.
bool filters_imply_all(const Filters& filters);

/// What a container must be like; images and other containers that filters name are looked up once, here.
/// @param all  every container, for before and since
/// @throws Error{not_found} before or since names no container
std::function<bool(const ContainerSummary&)> container_matcher(Engine& engine, const Filters& filters,
                                                               const std::vector<ContainerSummary>& all);

}  // namespace lichen::engine
