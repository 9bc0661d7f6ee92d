// A manifest list goes to a registry: its images first, then the index that names them.
#pragma once

#include "libpod/image/push_image.hh"
#include "libpod/store/list_store.hh"

namespace lichen::image {

struct ListTarget {
  Registry& registry;
  std::string repository;  // at the registry
  spec::Reference destination;
  const PushOptions& options;
};

/// Images that are here are pushed as they are by `push`, and the index names what came of that; an image that only
/// another registry has is copied from there as it is. With request.list_only nothing but the index goes.
/// @return the index's descriptor
/// @throws Error{not_found} an image of the list is not here (any more)
Descriptor push_list(const store::Paths& paths, const wire::ImageRequest& request, const CredentialSource& credentials,
                     Progress& progress, ImagePusher& images, const ListTarget& target, const std::string& id);

/// What `manifest create` and `add` name, as entries of a list: request.names are images that are here, or of
/// registries; with request.all_platforms every image of what is a list itself. `documents` has a list of entries
/// (store::to_json) for each name.
wire::ImageResult describe_images(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress);

/// `manifest inspect` of what is not here: `documents` has {"text": the manifest or index as it is}.
wire::ImageResult fetch_manifest(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress);

}  // namespace lichen::image
