// `verify`: whether the files of layers still are what came. `system check` asks it; nothing in daily work reads them
// all.
#pragma once

#include "libpod/image/progress.hh"
#include "libpod/store/paths.hh"
#include "libpod/wire/image_cli.hh"

namespace lichen::image {

/// Make the tar of each layer again (names: chain ids) and compare its digest. Modes and owners in the unpacked
/// directory are not looked at: the tar's headers come from the journal.
/// @return of each damaged layer `id`, and in `name` what is wrong; those that are gone or have no journal are left out
wire::ImageResult verify_layers(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress);

}  // namespace lichen::image
