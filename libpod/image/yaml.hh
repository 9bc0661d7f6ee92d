// YAML files -> JSON, for the parts of lichen that read YAML written by others (descriptions of devices). The YAML
// library is loaded here and nowhere else, as lichen itself must start in a millisecond.
//
// What is read may be hostile: the size of a file, the depth and the number of values after aliases are expanded are
// bounded; tags other than YAML's own are refused; a key may be there once.
#pragma once

#include <string_view>

#include "libpod/image/progress.hh"
#include "libpod/store/paths.hh"
#include "libpod/wire/image_cli.hh"

namespace lichen::image {

/// The one document of a text. Plain words become null, booleans and integers by YAML's core schema; everything else is
/// a string, numbers with a fraction too.
/// @throws Error{invalid} "WHAT:LINE: ..."
Json yaml_to_json(std::string_view text, std::string_view what);

/// Each of request.paths as {"document": ...} or {"error": text}.
wire::ImageResult read_yaml_files(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress);

}  // namespace lichen::image
