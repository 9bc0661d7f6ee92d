#include "libpod/store/build_cache.hh"

#include "libpod/base/id.hh"
#include "libpod/sys/fs.hh"

namespace lichen::store {

std::vector<std::string> cached_layers(const Paths& paths) {
  std::vector<std::string> layers;
  const std::string directory = paths.build() + "/steps";
  if (!sys::is_directory(directory)) return layers;
  for (const auto& name : sys::list_directory(directory))
    if (const auto target = sys::read_link(directory + "/" + name); target && is_full_id(*target))
      layers.push_back(*target);
  return layers;
}

}  // namespace lichen::store
