// ${...} in values: `$V ${V} ${V:-d} ${V-d} ${V:?e} ${V?e} ${V:+r} ${V+r}`, nested in d, e and r, and `$$` for `$`
// (compose specification, "Interpolation"). What stands behind an operator is replaced only when it is used. Names are
// [A-Za-z_][A-Za-z0-9_]*; a `$` before anything else stays, as in docker compose: `$(date)`, `$1`, `^regex$`.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lichen::compose {

using Lookup = std::function<std::optional<std::string>(const std::string& name)>;

/// @param unset  names that were replaced by nothing because they are not set are appended
/// @throws Error{invalid} `${` that is not one of these forms, nested more than 50 deep, or a required variable without
/// a value
std::string interpolate(std::string_view text, const Lookup& lookup, std::vector<std::string>& unset);

/// A variable of a file, for `config --variables`.
struct Variable {
  bool is_required = false;
  std::string default_value, alternate_value;
};

/// Add the variables of `text`, those in defaults too. What interpolate() refuses is passed over.
void collect_variables(std::string_view text, std::map<std::string, Variable>& variables);

}  // namespace lichen::compose
