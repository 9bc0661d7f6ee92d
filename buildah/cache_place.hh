// The values of --cache-from and --cache-to, which are also those of compose's build.cache_from and cache_to: docker's
// "type=registry,ref=NAME,mode=max", or an image's name alone. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "buildah/options.hh"

namespace lichen::buildah {

enum class CacheDirection { from, to };

/// Where a value stands, for its errors and its relative paths.
struct CacheOrigin {
  std::string_view name;       // "--cache-to"
  std::string_view directory;  // absolute
};

/// One of a type that lichen does not have is left out with a warning: it makes a build quicker, not another one.
/// @throws Error{usage} wrong form, unknown keys
void add_cache_place(const std::string& text, CacheDirection direction, const CacheOrigin& origin,
                     std::vector<CachePlace>& places);

}  // namespace lichen::buildah
