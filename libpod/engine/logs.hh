// lichen logs: a container's record turned into a log query.
#pragma once

#include "libpod/engine/engine.hh"
#include "libpod/engine/log_reader.hh"

namespace lichen::engine {

/// Fill path, format and `ended` for this container.
/// @throws Error{unsupported} its log driver keeps nothing that can be read (none)
LogQuery log_query(Engine& engine, const store::ContainerRecord& record);

}  // namespace lichen::engine
