// `pull`: images from a registry.
#pragma once

#include "libpod/image/progress.hh"
#include "libpod/store/paths.hh"
#include "libpod/wire/image_cli.hh"

namespace lichen::image {

/// Each name in turn. An image that is here with all its layers costs one request for its manifest.
/// @throws Error of the first name that fails; those before it stay
wire::ImageResult pull_images(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress);

}  // namespace lichen::image
