// `import`: a root file system in a tar becomes an image of one layer.
#pragma once

#include "libpod/image/progress.hh"
#include "libpod/store/paths.hh"
#include "libpod/wire/image_cli.hh"

namespace lichen::image {

/// @throws Error{invalid|usage|not_found|network|...}; the changes are read before the first byte of the tar
wire::ImageResult import_image(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress);

}  // namespace lichen::image
