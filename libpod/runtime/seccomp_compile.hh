// A seccomp profile to a BPF program, with libseccomp (see seccomp.hh for the cached way).
#pragma once

#include <string>

#include "libpod/runtime/seccomp.hh"

namespace lichen::runtime {

/// Part of the cache's key.
std::string seccomp_library_version();

}  // namespace lichen::runtime
