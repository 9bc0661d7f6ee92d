// How a cache of steps travels (--cache-to, --cache-from): as a member of an image configuration, beside the layers
// that it speaks of. Whatever moves images moves caches: registries, OCI layouts, skopeo.
//
//   "lichen.build.cache": {"version": 1, "steps": [{"key": "<64 hex digits>", "layers": 2}, ...]}
// says that the step of this key, done on top of the layers beneath, gave the first two layers of the image. Who reads
// it believes no more than that (cache_import.hh).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libpod/base/digest.hh"
#include "libpod/base/json.hh"

namespace lichen::buildah {

inline constexpr const char* kCacheMember = "lichen.build.cache";

struct CachedStep {
  std::string key;         // 64 hex digits
  std::size_t layers = 0;  // of the image, from the lowest
};
Json to_json(const std::vector<CachedStep>& steps);

/// An image that carries steps.
struct CachedImage {
  std::vector<std::string> chain_ids;  // lowest first
  std::vector<CachedStep> steps;
};
/// @param config  a configuration's text, hostile. An image without steps has none; what is of another version or does
/// not fit the image is passed over
/// @throws Error{invalid} it is no image configuration
CachedImage cached_image_from_config(std::string_view config);

/// image-spec config.md, "Layer ChainID".
std::string chain_id_of(const std::string& parent, const Digest& diff_id);

}  // namespace lichen::buildah
