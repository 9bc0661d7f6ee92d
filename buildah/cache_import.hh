// --cache-from: steps of other builds, from a registry or a directory.
//
// At first only configurations are fetched: they say which steps there are (cache_steps.hh). The layers come when a
// step is wanted, as an image by its digest and so on the way of every pull, each layer checked against its diff id;
// that image goes again when the build ends, and the layers that were of use stay as the cache's.
//
// What is believed: a step's key gives a layer only on top of the very layers that the key was asked for; so a cache
// can give a wrong layer for a right key, but cannot change what is beneath. That is the trust one gives to who can
// write there, the same as for a base image.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "buildah/cache_steps.hh"
#include "buildah/layer_stack.hh"
#include "buildah/options.hh"
#include "buildah/progress.hh"
#include "libpod/engine/engine.hh"

namespace lichen::buildah {

class CacheImport {
 public:
  CacheImport(engine::Engine& engine, const BuildOptions& options, Progress& progress)
      : engine_(engine), options_(options), progress_(progress) {}
  ~CacheImport() { release(); }
  CacheImport(const CacheImport&) = delete;
  CacheImport& operator=(const CacheImport&) = delete;

  /// Find out what there is. A place that cannot be reached costs the steps that it has, and a word.
  void look();
  /// The chain id of the stack after the step, whose layers are here then and stay until release(). nullopt: none has
  /// it
  std::optional<std::string> find(const std::string& key, const LayerStack& before);
  /// The images that were fetched go; their layers stay where the local cache leads to them. No errors.
  void release();

 private:
  struct Source {
    const CachePlace* place = nullptr;
    std::string digest;  // of the manifest
    std::string image;   // id
    std::vector<std::string> chain_ids;
    std::map<std::string, std::size_t> steps;  // key -> count of layers
    bool is_fetched = false;
  };
  void read_place(const CachePlace& place);
  bool fetch(Source& source);

  engine::Engine& engine_;
  const BuildOptions& options_;
  Progress& progress_;
  std::vector<Source> sources_;
  std::vector<sys::FileLock> locks_;
  std::vector<std::string> to_remove_;  // images that were not here before
};

}  // namespace lichen::buildah
