// The merged tree in long form → the structs of the model.
#pragma once

#include "compose/language/model.hh"
#include "compose/language/node.hh"

namespace lichen::compose {

/// Services (all as active, by name), networks, volumes, secrets, configs, models and x-* of a Project; nothing else.
/// @throws Error{invalid} a number, size, duration ... that cannot be read
Project read_model(const Node& model, const Sources& sources);

/// A tree as JSON: x-* keys of the model, and the whole file with --no-interpolate. Members are sorted when `sorted`.
Json to_json(const Node& node, bool sorted = false);

}  // namespace lichen::compose
