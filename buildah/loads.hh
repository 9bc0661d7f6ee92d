// What a build waits for from the network, each asked for once and by a child of its own, beside the steps at work.
//
// A load is known by a key. Who wants it asks again after each turn of the loop; the directory that it has filled lies
// in staging and goes with the build.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "buildah/progress.hh"
#include "buildah/worker.hh"
#include "libpod/store/staging.hh"

namespace lichen::buildah {

class Loads {
 public:
  Loads(const store::Paths& paths, sys::EventLoop& loop, Progress& progress)
      : paths_(paths), loop_(loop), progress_(progress) {}

  /// @param load  in a child; fills the directory
  /// @return what it gave; nullptr: it is on its way @throws Error what became of it
  const Json* find(const std::string& key, const std::string& title,
                   const std::function<Json(const std::string& directory)>& load);
  /// End what is on its way.
  void stop();

 private:
  struct Load {
    std::unique_ptr<store::StagingDir> directory;
    std::unique_ptr<Worker> worker;
    std::optional<Json> result;
    std::optional<Error> error;
  };

  const store::Paths& paths_;
  sys::EventLoop& loop_;
  Progress& progress_;
  std::map<std::string, Load> loads_;
};

}  // namespace lichen::buildah
