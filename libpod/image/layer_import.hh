// The way of one layer from a stream into the layer store.
//
//   feed (fetch, sha256 of the blob) -> [channel] -> inflate -> [channel] -> sha256 of the tar
//                                                          \-> [channel] -> unpack + journal
// Four threads, bounded channels, no temporary tar. Those that parse hostile bytes give up access to files (Landlock):
// the inflater to all, the unpacker to all but the layer's staging directory. Nothing is visible before publish(): a
// layer that fails half-way, by a wrong digest for instance, goes with its staging directory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "libpod/base/digest.hh"
#include "libpod/image/inflate.hh"
#include "libpod/image/progress.hh"
#include "libpod/image/stream.hh"
#include "libpod/store/layer_store.hh"
#include "libpod/store/paths.hh"
#include "libpod/store/staging.hh"
#include "libpod/sys/lock.hh"

namespace lichen::image {

/// Takes data as far as it is wanted. @return false when the reader is gone: stop
using FeedSink = std::function<bool(Bytes)>;

struct LayerInput {
  Digest diff_id;               // what the tar must hash to; empty when it is to be found out (import)
  std::string parent;           // chain id of the layer beneath, or empty
  std::uint64_t blob_size = 0;  // of the compressed form; bounds what may come out
  Allowed allowed = Allowed::layers;
  std::string keep_as;  // file in the layer's directory for the bytes as they came; empty: they are not kept
  std::function<void(const FeedSink&)>
      feed;  // gives the (compressed) bytes and checks them; throws when they are wrong
};

/// A layer in staging. Published by publish_layer, else removed.
struct StagedLayer {
  store::StagingDir dir;
  store::LayerMeta meta;
};

/// Run the pipeline. @throws Error from any of its stages, the first cause
std::unique_ptr<StagedLayer> stage_layer(const store::Paths& paths, const LayerInput& given);

/// syncfs and one rename. @return false when the layer was there already
bool publish_layer(const store::Paths& paths, StagedLayer& staged);

/// The lock of one layer that is being made: a file in staging/, removed with the lock; after a crash a sweep finds it
/// unheld. Locks of one image are taken from the lowest layer up; as chain ids form a tree, two images never want
/// shared ones in another order.
class LayerLock {
 public:
  LayerLock(std::string path, sys::FileLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  LayerLock(LayerLock&& other) noexcept : path_(std::move(other.path_)), lock_(std::move(other.lock_)) {}
  LayerLock& operator=(LayerLock&&) = delete;
  ~LayerLock();

 private:
  std::string path_;
  sys::FileLock lock_;
};

/// Waits as long as another process works on the layer; says so once through `waiting`.
LayerLock lock_layer(const store::Paths& paths, const std::string& chain_id, const std::function<void()>& waiting);
/// Likewise for a whole image, taken before the locks of its layers: of many pulls of one image, one works and the rest
/// wait.
/// @param id  64 or 128 hex digits
LayerLock lock_image(const store::Paths& paths, const std::string& id, const std::function<void()>& waiting);

}  // namespace lichen::image
