// The commands of lichen-image as one table.
#pragma once

#include <string_view>

#include "libpod/store/paths.hh"
#include "libpod/wire/image_cli.hh"

namespace lichen::image {

/// @throws Error{usage} no such command
wire::ImageResult run_command(std::string_view command, const store::Paths& paths, const wire::ImageRequest& request);

}  // namespace lichen::image
