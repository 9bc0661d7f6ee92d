// `--change` of commit and import: Dockerfile instructions, applied to an image configuration by what applies them in a
// build, so that both give the same configuration. Pure.
#pragma once

#include <string>
#include <vector>

#include "libpod/spec/image_config.hh"

namespace lichen::buildah {

/// Apply instructions in order; those that docker's commit takes, in any case. podman's CMD=value is CMD value. History
/// is the caller's: it stays as it was.
/// @throws Error{usage} another instruction; Error{invalid} a mistake in one, with its place
void apply_changes(const std::vector<std::string>& changes, spec::ImageConfig& config);

}  // namespace lichen::buildah
