// `load`: images from a docker-archive, an OCI archive or an OCI layout directory.
#pragma once

#include "libpod/image/progress.hh"
#include "libpod/store/paths.hh"
#include "libpod/wire/image_cli.hh"

namespace lichen::image {

/// All images of the archive, named as it names them.
/// @throws Error{invalid} a digest, a count or a document is not what it should be; images before the bad one stay
wire::ImageResult load_images(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress);

}  // namespace lichen::image
