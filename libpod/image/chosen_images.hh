// The images that a command names, by name or id: what save and push send out.
#pragma once

#include <string>
#include <vector>

#include "libpod/store/image_store.hh"

namespace lichen::image {

struct ChosenImage {
  std::string id;
  std::vector<std::string> tags;  // full names
};

/// One entry per image, in the order of their first name.
/// @param names  names, or ids (unique prefixes)
/// @throws Error{not_found} no such image; Error{conflict} several ids begin so
std::vector<ChosenImage> choose_images(const store::ImageStore& images, const std::vector<std::string>& names);

}  // namespace lichen::image
