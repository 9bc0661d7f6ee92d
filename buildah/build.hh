// `lichen build`: from what was asked for to an image.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "buildah/language/ast.hh"
#include "buildah/options.hh"
#include "buildah/progress.hh"
#include "libpod/engine/engine.hh"
#include "libpod/store/staging.hh"

namespace lichen::buildah {

/// The Dockerfile and the context, found and read.
struct BuildInput {
  language::Dockerfile dockerfile;
  std::string context;  // directory
  std::string ignore_text, ignore_name;
  std::unique_ptr<store::StagingDir> unpacked;  // of a context that came as a tar: goes with it
};

/// @throws Error{not_found|invalid|usage} no Dockerfile, no context; a mistake in it, with its place
BuildInput read_input(engine::Engine& engine, const BuildOptions& options);

/// @return the image's id, 64 hex digits; "" when only files were asked for
/// @throws Error with exit code 1: the step that failed
std::string build_image(engine::Engine& engine, const BuildInput& input, const BuildOptions& options,
                        Progress& progress);

/// --iidfile and --metadata-file.
void write_result_files(const BuildOptions& options, const std::string& id);

}  // namespace lichen::buildah
