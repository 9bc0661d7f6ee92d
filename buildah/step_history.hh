// `build --explain`: why a step was made again. Beside the cache the parts of each step's last key are kept, by the
// place of the step (Dockerfile, stage, number), and compared with those of now.
#pragma once

#include <string>

#include "buildah/step_cache.hh"

namespace lichen::buildah {

class StepHistory {
 public:
  /// @param place  of the Dockerfile and its context: tells one project from another
  StepHistory(const store::Paths& paths, std::string place) : paths_(paths), place_(std::move(place)) {}

  /// What differs from the last time: "file src/main.c, env". "" when nothing does, or this step is new here.
  std::string changes(const std::string& stage, std::size_t number, const StepKey& key) const;
  bool knows(const std::string& stage, std::size_t number) const;
  void remember(const std::string& stage, std::size_t number, const StepKey& key);
  /// At the end: of all projects together so much is kept, the newest. Cheap when nothing is new.
  void trim() const;

 private:
  std::string path_of(const std::string& stage, std::size_t number) const;
  const store::Paths& paths_;
  std::string place_;
  bool has_grown_ = false;
};

}  // namespace lichen::buildah
