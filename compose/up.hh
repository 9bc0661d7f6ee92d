// compose up, create and start: from what the file says and what is there to what must be done, and that done.
//
// Theory of operation. First what services share (resources.hh), then images, pulled and built side by side. Then each
// replica is a chain of tasks: created, or made anew when its service, its image or what it leans on has changed, and
// started when all is made and what its service depends on is as far as it asks. Whether a container is healthy or has
// ended is read from its record; when to look again is told by the event log, which monitors write, and by a clock
// (tasks.hh).
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compose/project_state.hh"
#include "compose/project_view.hh"
#include "compose/service_image.hh"
#include "libpod/sys/event_loop.hh"

namespace lichen::compose {

struct UpOptions {
  Strings services;             // named; empty: all
  std::set<std::string> along;  // besides them and what they depend on; made anew only where something has changed
  bool no_deps = false;
  bool force_recreate = false, no_recreate = false, always_recreate_deps = false;
  bool renew_volumes = false;  // -V: anonymous volumes are made anew
  bool remove_orphans = false, ignore_orphans = false;
  bool no_start = false;
  bool only_existing = false;  // start: nothing is made
  bool wait = false;
  std::optional<std::chrono::seconds> wait_timeout;
  std::optional<std::int64_t> stop_timeout_s;
  std::map<std::string, std::uint32_t> scale;
  ImageChoice images;
  std::size_t parallel = 0;
};

struct BroughtUp {
  std::set<std::string> started;  // services: what did not run before
  bool is_interrupted = false;
};

/// Whether the service uses namespaces or volumes of the other's containers: it is made anew with them.
bool leans_on(const Service& service, const std::string& other);

/// A bringing up in the loop of somebody who goes along with it: up in the foreground.
class BringUp {
 public:
  struct Handlers {
    /// Nothing is started yet. @param containers  service and name of each
    std::function<void(const std::vector<std::pair<std::string, std::string>>& containers)> made;
    /// Also of what ran before and goes on, after `made`.
    std::function<void(const std::string& service, const std::string& id, const std::string& name)> started;
  };
  /// All that is given stays the caller's, and alive.
  BringUp(engine::Engine& engine, const Project& project, const UpOptions& options, ProjectView& view,
          sys::EventLoop& loop, Handlers handlers);
  BringUp(const BringUp&) = delete;
  BringUp& operator=(const BringUp&) = delete;
  ~BringUp();
  /// As bring_up
  BroughtUp run();
  /// Begin nothing more, which the result tells; a second time: wait for nothing. From a handler of the loop.
  void interrupt();

 private:
  class Up;
  std::unique_ptr<Up> up_;
};

/// @throws Error with exit code 1: the first failure; what was done stays done
BroughtUp bring_up(engine::Engine& engine, const Project& project, const UpOptions& options, ProjectView& view);

/// The services named and, unless `no_deps`, all that they depend on. @throws Error{not_found} there is no such service
std::set<std::string> chosen_services(const Project& project, const Strings& named, bool no_deps);

}  // namespace lichen::compose
