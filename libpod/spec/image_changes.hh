// `--change` of import and commit: Dockerfile instructions that change an image's configuration.
#pragma once

#include <string_view>

#include "libpod/spec/image_config.hh"

namespace lichen::spec {

/// Apply one instruction: CMD ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL ONBUILD STOPSIGNAL USER VOLUME WORKDIR, any case.
/// @throws Error{usage} another instruction, or arguments that it cannot have
void apply_image_change(std::string_view text, ImageConfig& config);

}  // namespace lichen::spec
