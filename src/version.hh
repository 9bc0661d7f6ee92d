// The version, as CMake's project() has it.
#pragma once

#include <string_view>

namespace lichen::cli {

inline constexpr std::string_view kVersion = LICHEN_VERSION;
/// What tools that ask for a Docker Engine API version may expect of our output formats.
inline constexpr std::string_view kDockerCompatible = "28";
/// What `docker version` says when we are called so: scripts ask for at least some version.
inline constexpr std::string_view kDockerVersion = "28.0.0", kDockerApiVersion = "1.48", kDockerMinApiVersion = "1.24";

}  // namespace lichen::cli
