#include "compose/watch.hh"

#include <algorithm>

#include "compose/down.hh"
#include "compose/hooks.hh"
#include "compose/labels.hh"
#include "compose/project_state.hh"
#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/image_remove.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <signal.h>
#include <unistd.h>

namespace lichen::compose {
namespace {

constexpr int kInterrupted = 130;  // docker's
// docker compose's quiet period; and what is always being written is carried all the same.
constexpr std::chrono::milliseconds kQuiet{500}, kPatience{5000};
constexpr std::size_t kLargeBatch = 1000;  // docker compose's

// Go's %q of a list: ["web" "db"]
std::string quoted(const Strings& names) {
  Strings words;
  for (const auto& name : names) words.push_back("\"" + name + "\"");
  return "[" + join(words, " ") + "]";
}

// With those that go along: that depend on them by `restart: true`, or use what is theirs.
std::set<std::string> with_restarted(const Project& project, const Strings& names) {
  std::set<std::string> all(names.begin(), names.end());
  for (bool grows = true; grows;) {
    grows = false;
    for (const auto& service : project.services)
      for (const auto& [other, how] : service.depends_on)
        if ((how.restart || leans_on(service, other)) && all.contains(other) && all.insert(service.name).second)
          grows = true;
  }
  return all;
}

Json in_order(const std::function<void()>& body) {
  body();
  return nullptr;
}

}  // namespace

ProjectWatch::ProjectWatch(engine::Engine& engine, const Project& project, sys::EventLoop& loop, WatchOptions options,
                           Say say)
    : engine_(engine),
      project_(project),
      loop_(loop),
      options_(std::move(options)),
      say_(std::move(say)),
      rules_(project, options_.services),
      tree_(
          rules_.paths(), [this](const std::string& path) { return rules_.matters(path); },
          [this](const std::string& path) { return rules_.skips(path); }) {
  engine_.enter_userns();
  watch_ = loop_.watch(tree_.fd(), EPOLLIN, [this](std::uint32_t) { read_events(); });
  for (const auto& [service, items] : rules_.initial_work(tree_.all()).sync) add_sync(service, items, true);
  begin_step();
}

ProjectWatch::~ProjectWatch() {
  loop_.forget(watch_);
  loop_.cancel(timer_);
}

// ---- from events to batches

void ProjectWatch::read_events() {
  if (!tree_.read_events() || is_stopped_) return;
  const auto now = std::chrono::steady_clock::now();
  if (!first_) first_ = now;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*first_ + kPatience - now);
  loop_.cancel(timer_);
  timer_ = loop_.after(std::clamp(left, std::chrono::milliseconds(0), kQuiet), [this] {
    timer_ = 0;
    is_due_ = true;
    if (!is_busy()) flush();
  });
}

void ProjectWatch::flush() {
  is_due_ = false;
  first_.reset();
  const auto changes = tree_.take_changes();
  if (changes.size() > kLargeBatch)
    say_("Large batch of file changes detected. If you just switched branches, this is expected.");
  add_steps(rules_.work_for(changes));
  begin_step();
}

// ---- from batches to steps

void ProjectWatch::add_steps(const WatchWork& work) {
  if (!work.rebuild.empty()) add_rebuild(work.rebuild);
  for (const auto& [service, items] : work.sync) add_sync(service, items, /*is_first=*/false);
  if (!work.restart.empty()) add_restart(work.restart);
  for (const auto& [service, watch] : work.exec) add_exec(service, *watch);
}

void ProjectWatch::add_rebuild(const Strings& services) {
  const auto build = [this, services] {
    ProjectView view(ViewMode::plain, false);
    build_images(engine_, project_, {services.begin(), services.end()}, {}, view, options_.parallel);
  };
  const auto all = with_restarted(project_, services);
  const auto recreate = [this, services, all] {
    ProjectView view(ViewMode::plain, false);
    UpOptions up;
    up.services = services;
    up.along = all;
    up.no_deps = up.force_recreate = up.ignore_orphans = true;
    up.images.build_never = true;  // it has just been
    up.parallel = options_.parallel;
    up.stop_timeout_s = options_.stop_timeout_s;
    bring_up(engine_, project_, up, view);
    if (options_.prune)
      engine::prune_images(engine_, {.all = false, .filters = {format("label={}={}", label::kProject, project_.name)}});
  };
  steps_.push_back({.body = [build] { return in_order(build); },
                    .before = format("Rebuilding service(s) {} after changes were detected...", quoted(services)),
                    .after = format("service(s) {} successfully built", quoted(services)),
                    .failed = "Build failed. Error: ",
                    .is_quiet = options_.quiet});
  steps_.push_back({.body = [recreate] { return in_order(recreate); },
                    .before = "",
                    .after = "",
                    .failed = "Failed to recreate services after update. Error: ",
                    .is_quiet = false,
                    .changes = all});
}

void ProjectWatch::add_sync(const std::string& service, const engine::SyncItems& items, bool is_first) {
  const auto carry = [this, service, items] {
    for_each_container(service, /*running_only=*/false,
                       [&](const std::string& id) { engine::sync_to_container(engine_, id, items); });
  };
  steps_.push_back(
      {.body = [carry] { return in_order(carry); },
       .before = is_first ? "" : format("Syncing service \"{}\" after {} changes were detected", service, items.size()),
       .after = "",
       .failed = "",
       .is_quiet = false});
}

void ProjectWatch::add_restart(const Strings& services) {
  const auto all = with_restarted(project_, services);
  const auto restart = [this, all] {
    ProjectView view(ViewMode::plain, false);
    change_life(engine_, project_.name, &project_, LifeVerb::restart,
                {.services = {all.begin(), all.end()}, .timeout_s = options_.stop_timeout_s, .signal = ""}, view);
  };
  steps_.push_back({.body = [restart] { return in_order(restart); },
                    .before = "",
                    .after = format("service(s) {} restarted", quoted(services)),
                    .failed = "",
                    .is_quiet = false,
                    .changes = all});
}

void ProjectWatch::add_exec(const std::string& service, const Watch& watch) {
  const auto execute = [this, service, &watch] {
    for_each_container(service, /*running_only=*/true,
                       [&](const std::string& id) { run_hook(engine_, watch.exec, "sync+exec", id); });
  };
  steps_.push_back(
      {.body = [execute] { return in_order(execute); }, .before = "", .after = "", .failed = "", .is_quiet = false});
}

// In a child of ours, each container in one of its own: a stopped one is mounted there.
void ProjectWatch::for_each_container(const std::string& service, bool running_only,
                                      const std::function<void(const std::string& id)>& body) const {
  sys::EventLoop loop;
  ProjectView view(ViewMode::quiet, false);
  Tasks tasks(loop, view, options_.parallel);
  for (const auto& container : project_containers(engine_, project_.name)) {
    if (container.service != service || container.one_off || (running_only && !container.is_active())) continue;
    tasks.add(
        {.object = "Container " + container.name(),
         .doing = "",
         .did = "",
         .after = {},
         .gate = {},
         .body = [&body, id = container.id()] { return in_order([&] { body(id); }); },
         .done = {},
         .output =
             [](std::string_view line) { sys::write_all(STDOUT_FILENO, std::string(line) + "\n", "the output"); }});
  }
  tasks.run();
}

// ---- one step after another

void ProjectWatch::begin_step() {
  if (worker_ != nullptr) return;
  if (steps_.empty()) {
    if (!std::exchange(is_enabled_, true)) say_("Watch enabled");
    if (is_due_) flush();
    return;
  }
  const Step& step = steps_.front();
  if (!step.before.empty()) say_(step.before);
  worker_ = std::make_unique<buildah::Worker>(
      loop_, step.body,
      buildah::Worker::Handlers{[this, quiet = step.is_quiet](std::string_view line) {
                                  if (!quiet) say_(line);
                                },
                                [this](const Json&) { end_step(); }, [this](const Error& error) { fail_step(error); }});
}

void ProjectWatch::end_step() {
  const Step step = std::move(steps_.front());
  steps_.pop_front();
  worker_.reset();
  if (!step.after.empty()) say_(step.after);
  if (is_stopped_) return then_();
  begin_step();
}

void ProjectWatch::fail_step(const Error& error) {
  const Step step = std::move(steps_.front());
  steps_.clear();
  worker_.reset();
  if (step.failed.empty())
    log_warn("Error handling changed files: {}", error.what());
  else
    say_(step.failed + error.what());
  if (is_stopped_) return then_();
  begin_step();
}

bool ProjectWatch::is_changing(const std::string& service) const {
  return worker_ != nullptr && steps_.front().changes.contains(service);
}

void ProjectWatch::stop(std::function<void()> then) {
  if (!std::exchange(is_stopped_, true)) say_("Watch disabled");
  loop_.cancel(timer_);
  then_ = std::move(then);
  if (worker_ != nullptr && !steps_.front().changes.empty()) {
    steps_.resize(1);
    return;
  }
  worker_.reset();
  steps_.clear();
  then_();
}

sys::FileLock lock_watch(const engine::Engine& engine, const std::string& name) {
  sys::make_directories(engine.paths.boot_dir());
  // Beside that of `up`: no project's name has a dot.
  auto lock = sys::try_lock(engine.paths.project_lock(name + ".watch"), sys::LockMode::exclusive, /*create=*/true);
  if (lock) return *std::move(lock);
  throw Error(ErrorKind::conflict, format("cannot take exclusive lock for project \"{}\": it is watched already", name))
      .with_exit_code(1);
}

int watch_project(engine::Engine& engine, const Project& project, const WatchOptions& options,
                  const std::function<void(std::string_view line)>& line) {
  sys::EventLoop loop;
  std::unique_ptr<ProjectWatch> watch;
  bool has_ended = false;
  // A second signal does not wait.
  loop.on_signals({SIGINT, SIGTERM, SIGHUP}, [&](const signalfd_siginfo&) {
    if (watch != nullptr && !has_ended) watch->stop([&] { loop.stop(); });
    if (std::exchange(has_ended, true)) loop.stop();
  });
  watch = std::make_unique<ProjectWatch>(engine, project, loop, options, line);
  loop.run();
  return kInterrupted;
}

}  // namespace lichen::compose
