// From a container's configuration back to the command line that makes it.
#pragma once

#include <string>
#include <vector>

#include "libpod/engine/create.hh"
#include "src/container_flags.hh"

namespace lichen::cli {

/// What stands after `lichen create` to make this container: flags, image, command. Flags that say what the settings of
/// `host` say anyway are left out.
/// @throws Error{unsupported} something that no flag says: the words are read back and compared
std::vector<std::string> run_words(const engine::CreateRequest& request, const HostView& host);

}  // namespace lichen::cli
