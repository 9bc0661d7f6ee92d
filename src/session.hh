// A command's way to the engine.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "libpod/engine/engine.hh"
#include "src/context.hh"

namespace lichen::cli {

/// Settings from the command line, the environment and the config file; folders are made when missing.
/// @param container_defaults  read containers.conf too: for commands that make containers or attach to them
std::unique_ptr<engine::Engine> open_engine(const Context& context, bool container_defaults = false);

/// Run `each` for every name; an Error is printed and the loop goes on, as docker does for `rm a b c`.
/// @return 0, or 1 when one failed (docker's and podman's code for it)
int for_each_name(const std::vector<std::string>& names, const std::function<void(const std::string&)>& each);

}  // namespace lichen::cli
