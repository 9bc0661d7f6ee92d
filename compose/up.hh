// compose up, create and start: from what the file says and what is there to what must be done, and that done.
//
// Theory of operation. First what services share (resources.hh), then images, pulled and built side by side. Then each
// replica is a chain of tasks: created, or made anew when its service, its image or what it leans on has changed, and
// started when all its service depends on is as far as it asks. Whether a container is healthy or has ended is read
// from its record; when to look again is told by the event log, which monitors write, and by a clock (tasks.hh).
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compose/project_state.hh"
#include "compose/project_view.hh"
#include "compose/service_image.hh"

namespace lichen::compose {

struct UpOptions {
  Strings services;             // named; empty: all
  std::set<std::string> along;  // besides them and what they depend on; made anew only where something has changed
  bool no_deps = false;
  bool force_recreate = false, no_recreate = false, always_recreate_deps = false;
  bool renew_volumes = false;  // -V: anonymous volumes are made anew
  bool remove_orphans = false, ignore_orphans = false;
  bool no_start = false;
  bool takes_signals = false;  // Ctrl-C begins nothing more and is told in the result; else it ends this program
  bool only_existing = false;  // start: nothing is made
  bool wait = false;
  std::optional<std::chrono::seconds> wait_timeout;
  std::optional<std::int64_t> stop_timeout_s;
  std::map<std::string, std::uint32_t> scale;
  ImageChoice images;
  std::size_t parallel = 0;
};

/// The containers that were brought up, in the order of their start; attached output follows them.
struct BroughtUp {
  std::vector<std::string> ids;
  bool is_interrupted = false;
};

/// Whether the service uses namespaces or volumes of the other's containers: it is made anew with them.
bool leans_on(const Service& service, const std::string& other);

/// @throws Error with exit code 1: the first failure; what was done stays done
BroughtUp bring_up(engine::Engine& engine, const Project& project, const UpOptions& options, ProjectView& view);

/// The services named and, unless `no_deps`, all that they depend on. @throws Error{not_found} there is no such service
std::set<std::string> chosen_services(const Project& project, const Strings& named, bool no_deps);

}  // namespace lichen::compose
