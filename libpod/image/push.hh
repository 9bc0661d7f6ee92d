// push: an image of the store goes to a registry.
#pragma once

#include "libpod/image/progress.hh"
#include "libpod/store/paths.hh"
#include "libpod/wire/image_cli.hh"

namespace lichen::image {

/// What the registry has is not sent: a layer that is known to be there is asked for, one of another repository of the
/// same registry is mounted, anything else is compressed first and asked for by its digest. An image that came from a
/// registry goes out with its own manifest as long as all its blobs are there, so that its digest stays.
/// @throws Error{not_found} no such image; Error{permission|network} the registry refuses
wire::ImageResult push_images(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress);

}  // namespace lichen::image
