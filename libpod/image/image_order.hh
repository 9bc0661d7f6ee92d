// An image whose layers are all in the store already, as a build orders it (wire/layer_service.hh).
#pragma once

#include <string>

#include "libpod/store/paths.hh"
#include "libpod/wire/layer_service.hh"

namespace lichen::image {

/// Publish the image and give it its names. @return its id
/// @throws Error{not_found} a layer is not there; Error{invalid} layers and configuration do not belong together
std::string publish_ordered_image(const store::Paths& paths, const wire::ImageOrder& order);

}  // namespace lichen::image
