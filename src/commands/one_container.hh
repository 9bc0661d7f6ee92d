// What commands do to one container, for `lichen COMMAND CONTAINER` and `lichen compose COMMAND SERVICE` alike: each
// reads its flags from the line, those that only one of the two has where the table has them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "libpod/engine/container_copy.hh"
#include "libpod/engine/engine.hh"
#include "src/parsed_args.hh"

namespace lichen::cli {

/// --no-stdin, --detach-keys, --sig-proxy. @return the exit code
int attach_to(engine::Engine& engine, const ParsedArgs& args, const std::string& container);

/// --author, --change, --message, --pause. @param reference  name of the image; empty: none
/// @param prepare  what else becomes of the configuration, before --change
int commit_from(engine::Engine& engine, const ParsedArgs& args, const std::string& container,
                const std::string& reference, const std::function<void(spec::ImageConfig&)>& prepare = {});

/// --output. @throws Error{usage} to a terminal
int export_from(engine::Engine& engine, const ParsedArgs& args, const std::string& container);

/// --archive, --follow-link. @throws Error{usage} an archive from or to a terminal
engine::CopyRequest copy_request(const ParsedArgs& args, engine::CopyPlace from, engine::CopyPlace to);

/// --no-stream, --no-trunc, --format. @param choose  the containers to show; asked again before each look unless they
/// are `fixed`
int show_stats(engine::Engine& engine, const ParsedArgs& args,
               const std::function<std::vector<store::ContainerRecord>()>& choose, bool fixed);

}  // namespace lichen::cli
