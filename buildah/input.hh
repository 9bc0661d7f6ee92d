// The input of `lichen build`: the Dockerfile and the context, found and read.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "buildah/language/ast.hh"
#include "buildah/options.hh"
#include "libpod/engine/engine.hh"
#include "libpod/store/staging.hh"

namespace lichen::buildah {

/// What an ignore file is called in a context when the Dockerfile has none of its own (DOCKERFILE.dockerignore), the
/// first one first.
inline constexpr const char* kIgnoreFiles[] = {".containerignore", ".dockerignore"};

/// The Dockerfile and the context, found and read.
struct BuildInput {
  language::Dockerfile dockerfile;
  std::string context;  // directory
  std::string ignore_text, ignore_name;
  std::unique_ptr<store::StagingDir> unpacked;  // of a context that came as a tar: goes with it
};

/// @throws Error{not_found|invalid|usage} no Dockerfile, no context; a mistake in it, with its place
BuildInput read_input(engine::Engine& engine, const BuildOptions& options);

}  // namespace lichen::buildah
