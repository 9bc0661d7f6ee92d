// The only header that names fmt. std::format is missing from g++ 12.
#pragma once

#include <fmt/format.h>

namespace lichen {

using fmt::format;

}  // namespace lichen
