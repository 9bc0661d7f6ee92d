// What steps have made before: build/steps/<key>, a symlink to the chain id of the resulting layer.
//
// The key (StepKey) hashes everything that a step's outcome may depend on, the layers beneath included; so an entry
// is never wrong, and any number of builds may write the same one. An entry whose layer has gone is a miss. The link's
// own time says when it was last of use, for `builder prune`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libpod/base/sha256.hh"
#include "libpod/store/layer_store.hh"
#include "libpod/store/paths.hh"

namespace lichen::buildah {

/// Collects what a step depends on, with a word for each part, so that two keys can be compared by people too.
class StepKey {
 public:
  void add(std::string_view name, std::string_view value);
  void add(std::string_view name, const std::vector<std::string>& values);
  /// The parts, "name=value", in order.
  const std::vector<std::string>& parts() const { return parts_; }
  std::string hash() const;

 private:
  std::vector<std::string> parts_;
};

class StepCache {
 public:
  StepCache(const store::Paths& paths, const store::LayerStore& layers) : paths_(paths), layers_(layers) {}

  /// The chain id of the stack after the step; equal to `parent` when it changed nothing. nullopt: not known.
  std::optional<std::string> find(const StepKey& key, const std::string& parent) const;
  void remember(const StepKey& key, const std::string& parent, const std::string& chain_id) const;

  /// A time that was chosen once and shall be the same when all is as it was: of an image without a layer of its own.
  /// @return `time`, or the one that was chosen before, perhaps by another build in this moment, unless it is replaced
  std::string remember_time(const StepKey& key, const std::string& time, bool replaces) const;

 private:
  std::string path_of(const StepKey& key) const;
  const store::Paths& paths_;
  const store::LayerStore& layers_;
};

}  // namespace lichen::buildah
