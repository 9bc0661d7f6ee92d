// Containers of a project that begin to run while somebody looks on: made by another command, or started again.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>

#include "compose/event_watch.hh"
#include "compose/project_state.hh"

namespace lichen::compose {

class Arrivals {
 public:
  /// @return false: not now, tell it again at the next look
  using Came = std::function<bool(const ProjectContainer&)>;
  /// What has run until now is no news. @param came  called in the loop, once for each start; the container may have
  /// ended since
  Arrivals(engine::Engine& engine, sys::EventLoop& loop, std::string project, Came came);
  Arrivals(const Arrivals&) = delete;
  Arrivals& operator=(const Arrivals&) = delete;
  ~Arrivals() { loop_.cancel(timer_); }
  /// Now, without an event.
  void look() { look(/*tells=*/true); }
  /// Somebody has ended: who was put off is told again.
  void retry() {
    if (is_put_off_) look(/*tells=*/true);
  }

 private:
  void look(bool tells);

  engine::Engine& engine_;
  sys::EventLoop& loop_;
  std::string project_;
  Came came_;
  std::set<std::pair<std::string, std::string>> seen_;  // id and time of the start
  sys::EventLoop::TimerId timer_ = 0;
  bool is_put_off_ = false;
  EventWatch events_;
};

}  // namespace lichen::compose
