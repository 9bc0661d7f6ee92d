// `configs`: the configurations of all images of a reference or of an OCI layout, without their layers. So a build sees
// which steps a cache has (buildah/cache_import.hh) before it fetches any.
#pragma once

#include "libpod/image/progress.hh"
#include "libpod/store/paths.hh"
#include "libpod/wire/image_cli.hh"

namespace lichen::image {

/// @param request  names[0], a reference; or `input`, a directory @return documents {"digest","config"}: of the
/// manifest, and the configuration's text, which has the digest that the manifest says
/// @throws Error{not_found|invalid|network}
wire::ImageResult list_configs(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress);

}  // namespace lichen::image
