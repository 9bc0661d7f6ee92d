// compose config --resolve-image-digests: names of images with what their registries have under them now.
#pragma once

#include "compose/language/model.hh"
#include "libpod/engine/engine.hh"

namespace lichen::compose {

/// Give each service's `image` in full, with the digest of the manifest or index that its registry has:
/// "docker.io/library/alpine:3@sha256:...". One that has a digest is not asked for, and loses its tag (docker's form).
/// @throws Error: a registry does not have it, or does not answer
void resolve_image_digests(engine::Engine& engine, Project& project);

}  // namespace lichen::compose
