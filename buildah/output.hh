// `build --output`: what becomes of the result besides, or instead of, an image in the store.
#pragma once

#include <string>
#include <vector>

#include "buildah/layer_stack.hh"
#include "buildah/options.hh"

namespace lichen::buildah {

/// Whether anything is written from the file system alone; then no image is made (docker's rule).
bool is_files_only(const std::vector<BuildOutput>& outputs);

/// local: the files into a directory, as files of the user; tar: an archive of them.
void write_files(engine::Engine& engine, const std::string& driver, const LayerStack& stack, const BuildOutput& output);

/// docker, oci: the image as an archive. @param is_list  `image` is a manifest list, which goes with all its images
void write_archive(engine::Engine& engine, const std::string& image, const BuildOutput& output, bool is_list);

}  // namespace lichen::buildah
