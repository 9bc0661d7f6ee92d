#include "libpod/image/chosen_images.hh"

#include <algorithm>
#include <optional>
#include <tuple>

#include "libpod/base/error.hh"
#include "libpod/spec/reference.hh"
#include "libpod/store/list_store.hh"

namespace lichen::image {
namespace {

// Full names that `text` may mean: short ones are in docker.io or were made here.
std::vector<spec::Reference> full_names(const std::string& text) {
  spec::Reference typed;
  try {
    typed = spec::parse_reference(text);
  } catch (const Error&) {
    return {};
  }
  std::vector<spec::Reference> candidates{spec::with_defaults(typed)};
  if (typed.is_short()) {
    typed.host = "localhost";
    candidates.push_back(spec::with_defaults(typed));
  }
  return candidates;
}

std::optional<std::pair<std::string, std::string>> find_named(const store::ImageStore& images,
                                                              const std::string& text) {
  for (const auto& reference : full_names(text)) {
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

std::string image_of_list(const store::Paths& paths, const ChosenList& list, const std::string& name,
                          const std::string& platform) {
  const auto record = store::ListStore(paths).get(list.id);
  const auto wanted = platform.empty() ? spec::host_platform() : spec::parse_platform(platform);
  if (const auto* entry = store::best_local_entry(record, wanted)) return entry->image_id;
  throw Error(ErrorKind::not_found, format("manifest list '{}': it has no image for {} here", name, wanted.str()))
      .with_hint(format("'lichen manifest inspect {}' shows what it has", name));
}

}  // namespace

std::optional<ChosenList> choose_list(const store::Paths& paths, const std::string& name) {
  const store::ListStore lists(paths);
  const store::ImageStore images(paths);
  for (const auto& reference : full_names(name)) {
    if (reference.tag.empty()) continue;
    const auto id = images.ref_id({reference.host, reference.repository, reference.tag});
    if (id) return lists.has(*id) ? std::optional(ChosenList{*id, reference.str()}) : std::nullopt;
  }
  const auto ids = lists.find_by_prefix(name.starts_with("sha256:") ? name.substr(7) : name);
  return ids.size() == 1 ? std::optional(ChosenList{ids.front(), ""}) : std::nullopt;
}

std::vector<ChosenImage> choose_images(const store::Paths& paths, const std::vector<std::string>& names,
                                       const std::string& platform) {
  const store::ImageStore images(paths);
  std::vector<ChosenImage> chosen;
  for (const auto& name : names) {
    std::string id, tag;
    if (const auto list = choose_list(paths, name)) {
      id = image_of_list(paths, *list, name, platform);
      tag = list->tag;
    } else if (const auto found = find_named(images, name)) {
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
