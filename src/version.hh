// The version, as CMake's project() has it.
#pragma once

#include <string_view>

namespace lichen::cli {

inline constexpr std::string_view kVersion = LICHEN_VERSION;
/// What tools that ask for a Docker Engine API version may expect of our output formats.
inline constexpr std::string_view kDockerCompatible = "28";

}  // namespace lichen::cli
