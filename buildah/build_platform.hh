// Platforms as a build names them, and what is said when this machine cannot execute one. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "libpod/spec/image_config.hh"
#include "libpod/spec/platform.hh"

namespace lichen::buildah {

/// Without the variant that every 64-bit ARM has (containerd's platforms.Normalize), so that TARGETPLATFORM is
/// linux/arm64. @throws Error{invalid}
spec::Platform build_platform(const std::string& text);

spec::Platform platform_of(const spec::ImageConfig& config);
void set_platform(spec::ImageConfig& config, const spec::Platform& platform);

/// The way out when a RUN of a stage for `platform` has ended with `code`. @param output  its last lines
std::string hint_of_failure(const spec::Platform& platform, std::int64_t code, const std::string& output);

}  // namespace lichen::buildah
