// compose watch: files of the host carried into containers while they are worked on, or services built and started
// anew.
//
// Theory of operation. Changes are gathered until nothing has happened for half a second, so that what a program saves
// in one go is one batch. Each batch becomes a list of steps (watch_rules.hh says which); each step is a child, and one
// runs at a time. What comes meanwhile waits. A step that fails is told, and what comes after it in its batch is left
// out, as docker compose does; the next change is another try.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "buildah/worker.hh"
#include "compose/up.hh"
#include "compose/watch_rules.hh"
#include "libpod/sys/lock.hh"

namespace lichen::compose {

struct WatchOptions {
  std::set<std::string> services;  // whose rules count
  bool prune = true;               // images without a name, after a build
  bool quiet = false;              // no output of builds
  std::size_t parallel = 0;
  std::optional<std::int64_t> stop_timeout_s;
};

class ProjectWatch {
 public:
  using Say = std::function<void(std::string_view line)>;
  /// Begins at once, with what initial_sync asks for. @throws Error{usage|unsupported} as WatchRules and WatchTree
  ProjectWatch(engine::Engine& engine, const Project& project, sys::EventLoop& loop, WatchOptions options, Say say);
  ProjectWatch(const ProjectWatch&) = delete;
  ProjectWatch& operator=(const ProjectWatch&) = delete;
  ~ProjectWatch();

  bool is_busy() const { return worker_ != nullptr || !steps_.empty(); }
  /// Whether it is just now making containers of the service anew, or restarting them.
  bool is_changing(const std::string& service) const;
  /// Begin nothing more. What may be left half done (a build, a copy) is killed; a recreation or a restart is not.
  /// @param then  called when nothing runs any more, perhaps at once
  void stop(std::function<void()> then);

 private:
  struct Step {
    std::function<Json()> body;
    std::string before, after;           // lines; empty: none
    std::string failed;                  // said before the cause; empty: a warning
    bool is_quiet = false;               // its output is not shown
    std::set<std::string> changes = {};  // the services whose containers it stops and starts: it is not killed
  };

  void read_events();
  void flush();
  void add_steps(const WatchWork& work);
  void add_rebuild(const Strings& services);
  void add_sync(const std::string& service, const engine::SyncItems& items, bool is_first);
  void add_restart(const Strings& services);
  void add_exec(const std::string& service, const Watch& watch);
  void begin_step();
  void end_step();
  void fail_step(const Error& error);
  void for_each_container(const std::string& service, bool running_only,
                          const std::function<void(const std::string& id)>& body) const;

  engine::Engine& engine_;
  const Project& project_;
  sys::EventLoop& loop_;
  WatchOptions options_;
  Say say_;
  WatchRules rules_;
  WatchTree tree_;
  sys::EventLoop::WatchId watch_ = 0;
  sys::EventLoop::TimerId timer_ = 0;
  std::optional<std::chrono::steady_clock::time_point> first_;  // event of the batch that is gathered
  bool is_due_ = false;
  std::deque<Step> steps_;  // the first one is that of worker_
  std::unique_ptr<buildah::Worker> worker_;
  bool is_enabled_ = false, is_stopped_ = false;
  std::function<void()> then_;
};

/// Two that follow the same files would undo one another's work. @throws Error{conflict} the project is watched already
sys::FileLock lock_watch(const engine::Engine& engine, const std::string& project);

/// compose watch: until a signal ends it. The containers go on. @param line  receives what it says
/// @return 130, docker compose's after a signal
int watch_project(engine::Engine& engine, const Project& project, const WatchOptions& options,
                  const std::function<void(std::string_view line)>& line);

}  // namespace lichen::compose
