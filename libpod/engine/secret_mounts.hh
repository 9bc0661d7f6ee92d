// The way of a secret's value into a container: at each start, into memory only.
//
// The child that becomes the monitor writes the values into a tmpfs of its own mount namespace (private_place.hh), and
// the runtime binds from there. Nobody outside sees it, and it goes with the monitor. Variables are part of the OCI
// spec, which is why the monitor removes that file at the container's end.
#pragma once

#include "libpod/engine/engine.hh"
#include "libpod/engine/private_place.hh"
#include "libpod/spec/generate.hh"

namespace lichen::engine {

/// Names for what the user gave (a name, an id or its beginning), and the ids.
/// @throws Error{not_found} naming the one that is missing, with the near name as hint
void resolve_secrets(const Engine& engine, spec::ContainerConfig& config);

/// "NAME=value" of the secrets of type env. @throws Error{not_found}; Error{invalid} a value with a NUL byte
std::vector<std::string> secret_environment(const Engine& engine, const spec::ContainerConfig& config);

/// Variables and files, into `facts`. @stage in U0 and in a mount namespace of our own
void provide_secrets(const Engine& engine, const spec::ContainerConfig& config, PrivatePlace& place,
                     spec::HostFacts& facts);

}  // namespace lichen::engine
