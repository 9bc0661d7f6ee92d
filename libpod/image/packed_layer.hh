// A layer as it goes out compressed: rebuilt from its files, hashed against its diff id on the way, and kept in an
// unnamed file until it is sent or copied, as its digest must be known before.
#pragma once

#include <functional>

#include "libpod/image/compress.hh"
#include "libpod/image/manifest.hh"
#include "libpod/image/progress.hh"
#include "libpod/store/layer_store.hh"
#include "libpod/store/paths.hh"
#include "libpod/sys/unique_fd.hh"

namespace lichen::image {

/// The compressed form in an unnamed file: it goes with its descriptor.
struct PackedLayer {
  sys::UniqueFd file;
  Descriptor blob;  // digest and size; the media type of what is packed anew is the caller's
};

/// With keep_blobs the form in which a layer came lies in its directory under this name, and goes with it. A push sends
/// it as it is, so that the manifest's digest is the same at another registry.
std::string kept_blob_name(const Digest& digest);
/// The kept form with a media type of docker's, or of OCI's; nullopt: none was kept.
std::optional<PackedLayer> find_kept_blob(const store::Paths& paths, const store::LayerMeta& meta, bool docker_type);

/// Told how many bytes are in the file so far, each time that it has grown.
using OnPacked = std::function<void(int file, std::uint64_t size)>;
/// @throws Error{invalid} the layer has no journal, or is not what its diff id says
PackedLayer pack_layer(const store::Paths& paths, const store::LayerMeta& meta, const Packing& packing,
                       ProgressLine& line, const OnPacked& on_packed = {});

}  // namespace lichen::image
