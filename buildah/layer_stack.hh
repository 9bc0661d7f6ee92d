// The file system of a stage while it is being built: directories over one another, some of which are published layers
// and some still lie in staging.
//
// A layer that a step has just made has no chain id before its tar is hashed, which other threads do meanwhile; so a
// stack names its directories by descriptors, and goes on working when one is renamed into the store under its feet.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libpod/base/digest.hh"
#include "libpod/engine/engine.hh"
#include "libpod/store/staging.hh"

namespace lichen::buildah {

struct Layer {
  std::string chain_id;  // empty: not known yet
  Digest diff_id;        // likewise
  std::int64_t tar_size = 0;
  std::string created;                         // RFC 3339
  std::uint64_t order = 0;                     // of the layer service, for one that was made here
  sys::FileLock lock;                          // once it is published: kept from removal until the image is there
  std::unique_ptr<store::StagingDir> staging;  // likewise
  sys::UniqueFd diff;                          // O_PATH, of diff/
};
using LayerPtr = std::shared_ptr<Layer>;

/// @throws Error{not_found|invalid} no such layer in the store
LayerPtr open_layer(const engine::Engine& engine, const std::string& chain_id);

/// The directory that `known` is open on, through the mounts of this namespace.
/// @throws Error{not_found} it has no name here
sys::UniqueFd open_again(int known);

class LayerStack {
 public:
  void push(LayerPtr layer) { layers_.push_back(std::move(layer)); }
  const std::vector<LayerPtr>& layers() const { return layers_; }  // lowest first
  bool empty() const { return layers_.empty(); }

  /// Chain id of the topmost layer: it stands for the whole content. "" without layers, nullopt when not known yet.
  std::optional<std::string> identity() const;
  /// For mounts by this process or a program that it starts: topmost first, as long as the result lives. Opened anew,
  /// since the kernel mounts only what belongs to the mount namespace of who asks. @stage in that namespace
  struct Directories {
    std::vector<sys::UniqueFd> open;
    std::vector<std::string> paths;
  };
  Directories directories() const;

 private:
  std::vector<LayerPtr> layers_;
};

}  // namespace lichen::buildah
