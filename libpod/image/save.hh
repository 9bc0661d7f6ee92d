// `save`: images as docker-archive, OCI archive, or the directory forms of both.
#pragma once

#include "libpod/image/progress.hh"
#include "libpod/store/paths.hh"
#include "libpod/wire/image_cli.hh"

namespace lichen::image {

/// Layers go out as the tars that came in, bit for bit: each is hashed on its way and must give its diff id. A file or
/// directory is made under another name and renamed when it is whole.
/// @throws Error{not_found|invalid|conflict|usage}
wire::ImageResult save_images(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress);

}  // namespace lichen::image
