// lichen export: a container's merged file system as a tar, without volumes and binds (docker's rule).
#pragma once

#include <string>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

/// @param output  a file, which appears when it is whole, or "-" for standard output
/// @throws Error{not_found}
void export_container(Engine& engine, const std::string& name_or_id, const std::string& output);

}  // namespace lichen::engine
