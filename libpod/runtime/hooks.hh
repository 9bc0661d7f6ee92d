// OCI hooks: programs of the host (config.md "POSIX-platform Hooks") that get the container's state on standard input.
#pragma once

#include <string>
#include <vector>

#include "libpod/spec/oci_spec.hh"

namespace lichen::runtime {

/// Run them in order, one after the other; only standard streams are passed on.
///
/// @param point  names the list in errors ("createRuntime")
/// @param state  the state document
/// @throws Error{system} one failed, or did not end within its timeout (it is killed)
void run_hooks(const std::vector<spec::OciHook>& hooks, std::string_view point, const std::string& state);

}  // namespace lichen::runtime
