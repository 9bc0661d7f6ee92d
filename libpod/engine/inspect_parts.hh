// JSON forms that the inspect documents of containers and images share: Go's, where an absent list is null.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "libpod/base/json.hh"
#include "libpod/spec/image_config.hh"

namespace lichen::engine {

/// {"80/tcp": {}}; null when empty.
Json set_object(const std::vector<std::string>& keys);
/// null when empty.
Json list_or_null(const std::vector<std::string>& values);
/// Always an object.
Json string_map(const std::map<std::string, std::string>& map);
/// Config.Healthcheck
Json health_object(const spec::HealthConfig& health);

}  // namespace lichen::engine
