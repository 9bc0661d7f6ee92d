// Being told when something happens to containers: a child follows the event log and says so.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "buildah/worker.hh"
#include "libpod/base/json.hh"
#include "libpod/engine/engine.hh"

namespace lichen::compose {

class EventWatch {
 public:
  /// @param happened  called in the loop after each event of a container; what it has become is in its record
  EventWatch(engine::Engine& engine, sys::EventLoop& loop, std::function<void()> happened);

 private:
  std::function<void()> happened_;
  std::unique_ptr<buildah::Worker> follower_;
};

}  // namespace lichen::compose
