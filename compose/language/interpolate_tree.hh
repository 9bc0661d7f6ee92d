// Variables in all values of a document; keys stay as they are.
#pragma once

#include "compose/language/loading.hh"

namespace lichen::compose {

/// @throws Error{invalid} with the place and key of the value
void interpolate_tree(Node& document, const Mapping& environment, Loading& loading);

/// The variables that values of `node` name.
void collect_tree_variables(const Node& node, std::map<std::string, Variable>& variables);

/// One value; unset variables are not told.
void interpolate_scalar(Node& node, const std::string& path, const Mapping& environment, const Sources& sources);

}  // namespace lichen::compose
