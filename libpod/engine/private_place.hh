// A place that only one monitor and what it starts can see: a tmpfs over <root>/secrets in their mount namespace.
//
// Values of secrets and mount points of volumes' subdirectories stand there while a container lives. No directory that
// is ever removed would do: a mount point resists removal in the namespace where it is one. And it puts the store of
// all secrets out of the sight of the monitor and the runtime.
#pragma once

#include <string>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

class PrivatePlace {
 public:
  explicit PrivatePlace(const Engine& engine) : path_(engine.paths.secrets()) {}

  /// Mounted at the first call: read the store's secrets before. @stage in U0 and in a mount namespace of our own
  const std::string& path();

 private:
  std::string path_;
  bool made_ = false;
};

}  // namespace lichen::engine
