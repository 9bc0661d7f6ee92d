// `search`: docker's search of a registry (GET /v1/search), else its list of repositories (GET /v2/_catalog), which
// many private registries have; and `tags`. All answers are bounded, and names in them are shown, never used.
#pragma once

#include "libpod/image/progress.hh"
#include "libpod/store/paths.hh"
#include "libpod/wire/image_cli.hh"

namespace lichen::image {

/// names[0]: [REGISTRY/]WORDS. @throws Error{unsupported} the registry has neither; Error{network|permission|invalid}
wire::ImageResult search_registries(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress);
/// names[0]: a repository.
wire::ImageResult list_tags(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress);

}  // namespace lichen::image
