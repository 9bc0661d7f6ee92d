// From a config and layer streams to an image in the store: what pull, load and import share.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "libpod/image/layer_import.hh"
#include "libpod/image/progress.hh"
#include "libpod/store/image_store.hh"
#include "libpod/store/layer_store.hh"

namespace lichen::image {

struct LayerSource {
  std::string title;  // for progress: the short digest
  Digest diff_id;
  std::uint64_t blob_size = 0;
  std::optional<store::RemoteBlob> remote;  // remembered with the layer
  /// Called in a thread of its own; `line` wants the bytes of the blob as they come.
  std::function<void(const FeedSink&, ProgressLine& line)> feed;
  bool keep_blob = false;  // the bytes of `remote` stay with the layer: see packed_layer.hh
};

struct ImageSource {
  std::string config_text;  // its sha256 is the image id; checked by the caller against what was promised
  std::optional<std::string> manifest_text;
  std::vector<LayerSource> layers;  // lowest first, as many as the config has diff ids
  std::vector<std::string> repo_digests;
};

struct Assembled {
  std::string id;
  bool fetched = false;  // false: image and layers were all here
};

/// Bring in the layers that are missing, `parallel` at a time, publish them from the lowest up, then the image. Layers
/// that another process is making are waited for and not made twice.
/// @throws Error{invalid} count of layers and diff ids differ, or any layer is not what it should be; then no image is
/// published
Assembled assemble_image(const store::Paths& paths, const ImageSource& source, int parallel, Progress& progress);

}  // namespace lichen::image
