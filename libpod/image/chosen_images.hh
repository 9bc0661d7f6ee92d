// The images that a command names, by name or id: what save and push send out.
#pragma once

#include <string>
#include <vector>

#include <optional>

#include "libpod/store/image_store.hh"

namespace lichen::image {

struct ChosenImage {
  std::string id;
  std::vector<std::string> tags;  // full names
};

/// One entry per image, in the order of their first name. Of a manifest list it is the image for `platform`.
/// @param names     names, or ids (unique prefixes)
/// @param platform  os/arch[/variant] for lists; empty: this machine's
/// @throws Error{not_found} no such image; Error{conflict} several ids begin so
std::vector<ChosenImage> choose_images(const store::Paths& paths, const std::vector<std::string>& names,
                                       const std::string& platform = {});

struct ChosenList {
  std::string id, tag;  // tag: full name, empty when the list was named by its id
};
/// nullopt: this is no manifest list.
std::optional<ChosenList> choose_list(const store::Paths& paths, const std::string& name);

}  // namespace lichen::image
