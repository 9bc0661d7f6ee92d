// The few members that a listing needs, out of a large JSON record, without parsing the rest.
//
// `ps -a` over 1000 containers reads 1000 records; a full parse of each costs four times the whole budget. This reader
// walks the top level only: values are stepped over by counting brackets and skipping strings, and only those asked for
// go through the JSON parser.
#pragma once

#include <span>
#include <string_view>

#include "libpod/base/json.hh"

namespace lichen::engine {

/// The members of the object `text` whose keys are in `keys`, parsed.
///
/// A record that was cut off is noticed; damage inside of a value that is stepped over is not (who opens the object
/// fully finds it).
/// @throws Error{invalid} not one whole JSON object, or a wanted value is damaged
Json pick_members(std::string_view text, std::string_view what, std::span<const std::string_view> keys);

}  // namespace lichen::engine
