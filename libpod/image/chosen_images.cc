#include "libpod/image/chosen_images.hh"

#include <algorithm>
#include <optional>
#include <tuple>

#include "libpod/base/error.hh"
#include "libpod/spec/reference.hh"

namespace lichen::image {
namespace {

// A name of the store, or an id: short names mean docker.io or what was built here.
std::optional<std::pair<std::string, std::string>> find_named(const store::ImageStore& images,
                                                              const std::string& text) {
  spec::Reference typed;
  try {
    typed = spec::parse_reference(text);
  } catch (const Error&) {
    return std::nullopt;
  }
  std::vector<spec::Reference> candidates{spec::with_defaults(typed)};
  if (typed.is_short()) {
    typed.host = "localhost";
    candidates.push_back(spec::with_defaults(typed));
  }
  for (const auto& reference : candidates) {
    if (!reference.tag.empty()) {
      if (const auto id = images.resolve({reference.host, reference.repository, reference.tag}))
        return std::pair{*id, reference.str()};
      continue;
    }
    const std::string wanted = reference.name() + "@" + reference.digest.str();
    for (const auto& id : images.list()) {
      try {
        const auto digests = images.get(id).repo_digests;
        if (std::find(digests.begin(), digests.end(), wanted) != digests.end()) return std::pair{id, std::string()};
      } catch (const Error&) {  // a damaged image has no names
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<ChosenImage> choose_images(const store::ImageStore& images, const std::vector<std::string>& names) {
  std::vector<ChosenImage> chosen;
  for (const auto& name : names) {
    std::string id, tag;
    if (const auto found = find_named(images, name)) {
      std::tie(id, tag) = *found;
    } else {
      const auto ids = images.find_by_prefix(name.starts_with("sha256:") ? name.substr(7) : name);
      if (ids.empty())
        throw Error(ErrorKind::not_found, format("image '{}': there is no such image", name))
            .with_hint("'lichen images' lists what there is");
      if (ids.size() > 1)
        throw_error(ErrorKind::conflict, "image '{}': {} images have ids that begin so", name, ids.size());
      id = ids.front();
    }
    auto known = std::find_if(chosen.begin(), chosen.end(), [&](const ChosenImage& one) { return one.id == id; });
    if (known == chosen.end()) known = chosen.insert(chosen.end(), ChosenImage{id, {}});
    if (!tag.empty() && std::find(known->tags.begin(), known->tags.end(), tag) == known->tags.end())
      known->tags.push_back(tag);
  }
  return chosen;
}

}  // namespace lichen::image
