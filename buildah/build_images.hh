// From a build's input to what it leaves: images in the store, a manifest list of several, files, archives, caches.
//
// Several platforms are built one after the other, each by a Builder of its own: the second finds in the cache what
// does not depend on the platform (stages with --platform=$BUILDPLATFORM), also with --no-cache, as this very command
// made it (build_share.hh). Names are given when all of them have succeeded.
#pragma once

#include <string>
#include <vector>

#include "buildah/input.hh"
#include "buildah/progress.hh"

namespace lichen::buildah {

struct BuildResult {
  struct Image {
    spec::Platform platform;
    std::string id;  // 64 hex digits
  };
  std::vector<Image> images;  // none when only files were asked for
  std::string list;           // id of the manifest list; empty: there is none

  /// What the command prints: the list's, or the image's.
  std::string id() const { return images.empty() ? "" : list.empty() ? images[0].id : list; }
  /// The image that serves `platform` best, whatever it is; "" when there is none at all.
  std::string image_for(const spec::Platform& platform) const;
};

/// @throws Error with exit code 1: the step that failed
BuildResult build_images(engine::Engine& engine, const BuildInput& input, const BuildOptions& options,
                         Progress& progress);

/// --iidfile and --metadata-file.
void write_result_files(const engine::Engine& engine, const BuildOptions& options, const BuildResult& result);

}  // namespace lichen::buildah
