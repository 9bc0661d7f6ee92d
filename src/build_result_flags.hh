// The flags of build that say what comes out, and where steps come from and go to: platforms, annotations, format,
// squashing, caches.
#pragma once

#include "src/build_flags.hh"

namespace lichen::cli {

/// @throws Error{usage} a malformed value
void set_build_results(const ParsedArgs& args, const HostView& host, buildah::BuildOptions& options);

}  // namespace lichen::cli
