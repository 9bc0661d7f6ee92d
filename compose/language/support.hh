// Keys of the compose file that have no effect here.
#pragma once

#include <span>
#include <string_view>

namespace lichen::compose {

struct Unsupported {
  std::string_view path;  // "services.*.deploy.placement"
  bool is_refused;        // true: UnsupportedKeys::refused makes it an error; false: the warning is all
  std::string_view reason;
};

std::span<const Unsupported> unsupported_keys();

}  // namespace lichen::compose
