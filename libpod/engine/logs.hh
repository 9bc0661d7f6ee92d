// lichen logs: a container's record turned into a log query.
#pragma once

#include "libpod/engine/engine.hh"
#include "libpod/engine/log_reader.hh"

namespace lichen::engine {

/// Fill path, format and `ended` for this container.
/// @throws Error{unsupported} its log driver keeps nothing that can be read (none)
LogQuery log_query(Engine& engine, const store::ContainerRecord& record);

/// What `logs --details` prints before each line: "VARIABLE=value,label=value", sorted by name, as docker encodes it;
/// of those that --log-opt labels= and env= name. The values are the container's: all lines have the same.
std::string log_details(const spec::ContainerConfig& config);

}  // namespace lichen::engine
