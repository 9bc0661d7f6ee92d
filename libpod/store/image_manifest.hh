// The manifest of an image that was made here. One that came from elsewhere has the bytes that it came with; what is
// made here may be described anew by each build that ends in the same configuration, and so the same image.
#pragma once

#include <optional>
#include <string>

#include "libpod/store/image_store.hh"

namespace lichen::store {

/// Give the image another manifest, or none, unless it has one of a registry. Only who holds the image.
/// @param text  nullopt: none; one that was made here before goes
void replace_own_manifest(const Paths& paths, ImageStore& images, const std::string& id,
                          const std::optional<std::string>& text);

}  // namespace lichen::store
