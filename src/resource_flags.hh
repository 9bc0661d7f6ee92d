// The flags about limits, which run, create and update share: --memory, --cpus, --pids-limit and their relatives.
#pragma once

#include "libpod/spec/container_config.hh"
#include "src/parsed_args.hh"

namespace lichen::cli {

/// Those that stand on the line; none of docker's rules between them is checked yet.
/// @throws Error{usage} a value that cannot be read
spec::ResourceConfig resource_flags(const ParsedArgs& args);

}  // namespace lichen::cli
