// The other end of `lichen-image layers` (wire/layer_service.hh): it hashes and publishes layers while the build goes
// on. Started with the first layer; a build that finds everything in the cache never needs it.
#pragma once

#include <functional>
#include <map>

#include "buildah/layer_stack.hh"
#include "libpod/engine/engine.hh"
#include "libpod/sys/event_loop.hh"
#include "libpod/sys/process.hh"
#include "libpod/wire/layer_service.hh"

namespace lichen::buildah {

class LayerService {
 public:
  /// `done` hears of each layer as it is published, `failed` once of what went wrong.
  LayerService(engine::Engine& engine, sys::EventLoop& loop, std::function<void(const LayerPtr&)> done,
               std::function<void(const Error&)> failed);
  ~LayerService();

  /// Bring it to life, if it is not; order() does so too.
  void start();
  /// Take over the layer's staging directory. @param parent  the layer beneath; nullptr: none
  void order(const LayerPtr& layer, const LayerPtr& parent, std::optional<std::int64_t> latest_time);
  /// All that was ordered is published.
  bool is_idle() const { return pending_.empty(); }

 private:
  void read_answers();
  void take(const wire::LayerAnswer& answer);
  void fail(const Error& error);

  engine::Engine& engine_;
  sys::EventLoop& loop_;
  std::function<void(const LayerPtr&)> done_;
  std::function<void(const Error&)> failed_;
  sys::Pid process_;
  sys::UniqueFd orders_, answers_;
  sys::EventLoop::WatchId watch_ = 0;
  std::string partial_;
  std::uint64_t last_number_ = 0;
  std::map<std::uint64_t, LayerPtr> pending_;
};

}  // namespace lichen::buildah
