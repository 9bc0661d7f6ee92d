// lichen create, and the first half of run: from what was asked to a record on disk.
#pragma once

#include "libpod/engine/engine.hh"
#include "libpod/engine/image_program.hh"
#include "libpod/spec/image_defaults.hh"

namespace lichen::engine {

struct CreateRequest {
  spec::ContainerConfig config;  // id, name, created may be empty: they are made up
  spec::UserGave gave;
  PullOptions pull;      // platform is taken from the config
  bool replace = false;  // remove a container of that name first
};

struct CreatedContainer {
  spec::ContainerConfig config;
  store::ContainerMaker maker;  // not published yet
};

/// Resolve image, defaults, names and volumes and write the record. The caller publishes it (create) or starts it
/// (run).
/// @throws Error as its parts; nothing is left behind
CreatedContainer create_container(Engine& engine, CreateRequest request);

/// --cidfile: docker refuses before anything is made when the file is there, as a script would take an old id for the
/// new one.
/// @throws Error{conflict}
void check_cidfile(const spec::ContainerConfig& config);
void write_cidfile(const spec::ContainerConfig& config);

}  // namespace lichen::engine
