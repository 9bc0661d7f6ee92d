// Values as Go's fmt prints them, for templates: scripts compare the text.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "libpod/base/json.hh"

namespace lichen::cli {

/// %v: text as it is, [a b], map[a:b c:d] with sorted keys, shortest floats, <nil> for null.
std::string go_value(const Json& value);
/// fmt.Sprint: %v of each; a blank between two of which neither is a text.
std::string go_sprint(std::span<const Json* const> values);
/// fmt.Sprintln
std::string go_sprintln(std::span<const Json* const> values);
/// fmt.Sprintf with v d s q t x X o b c e f g U T and flags + - # 0 blank, width, precision; mistakes print as Go
/// prints them: %!d(string=x), %!s(MISSING), %!(EXTRA int=1).
std::string go_sprintf(std::string_view format, std::span<const Json* const> values);
/// strconv.Quote
std::string go_quote(std::string_view text);

}  // namespace lichen::cli
