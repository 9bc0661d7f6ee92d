#include "compose/attached.hh"

#include <algorithm>

#include "compose/down.hh"
#include "compose/project_state.hh"
#include "libpod/base/error.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/stop.hh"
#include "libpod/sys/io.hh"

#include <signal.h>
#include <unistd.h>

namespace lichen::compose {
namespace {

constexpr int kInterrupted = 130;  // docker's

bool contains(const Strings& list, const std::string& word) { return std::ranges::find(list, word) != list.end(); }

class Attached {
 public:
  Attached(engine::Engine& engine, const Project& project, const AttachedOptions& options)
      : engine_(engine), project_(project), options_(options) {}

  int run(const std::vector<std::string>& ids) {
    std::vector<ProjectContainer> containers;
    for (auto& container : project_containers(engine_, project_.name))
      if (contains(ids, container.id()) && (container.is_active() || !options_.is_interrupted))
        containers.push_back(std::move(container));
    for (const auto& container : containers)
      width_ = std::max(width_, short_name(container.name(), project_.name).size());
    loop_.on_signals({SIGINT, SIGTERM, SIGHUP}, [this](const signalfd_siginfo&) { interrupted(); });
    LogLines lines(engine_, loop_, options_.log, width_, [this](const std::string& id) { ended(id); });
    for (const auto& container : containers) {
      waiting_[container.id()] = container;
      const auto name = short_name(container.name(), project_.name);
      if (is_shown(container.service))
        lines.add(container.id(), name);
      else
        watch_quietly(container.id());
    }
    if (options_.is_interrupted)
      interrupted();
    else if (options_.watch)
      begin_watch(lines);
    while (!waiting_.empty() || stopper_ || (watch_ && watch_->is_busy())) loop_.step(std::chrono::milliseconds(500));
    return code_;
  }

 private:
  bool is_shown(const std::string& name) const {
    if (contains(options_.no_attach, name)) return false;
    if (!options_.attach.empty()) return contains(options_.attach, name);
    const Service* service = project_.find_service(name);
    return service == nullptr || service->attach.value_or(true);
  }

  void begin_watch(LogLines& lines) {
    for (const auto& container : project_containers(engine_, project_.name)) seen_.insert(container.id());
    watch_ = std::make_unique<ProjectWatch>(
        engine_, project_, loop_, *options_.watch,
        ProjectWatch::Handlers{.say = [this](std::string_view line) { say_of_watch(line); },
                               .made_anew = [this, &lines] { follow_new(lines); }});
  }

  // docker compose's sign where a container's name would be.
  void say_of_watch(std::string_view line) const {
    std::string sign;
    if (options_.log.has_prefix) sign = std::string(width_, ' ') + " ⦿ ";
    if (options_.log.has_prefix && options_.log.has_colour) sign = "\x1b[92m" + sign + "\x1b[0m";
    sys::write_all(STDOUT_FILENO, format("{}{}\n", sign, line), "standard output");
  }

  // Containers that the watch has made in the place of those that were followed, or has started again. One that has
  // ended at once has said why.
  void follow_new(LogLines& lines) {
    for (auto& container : project_containers(engine_, project_.name)) {
      const std::string id = container.id();
      const bool is_new = seen_.insert(id).second;
      if (container.one_off || waiting_.contains(id) || !(is_new || container.is_active())) continue;
      if (!options_.watch->services.contains(container.service)) continue;
      if (is_shown(container.service))
        lines.add(id, short_name(container.name(), project_.name), parse_rfc3339(container.summary.state.started_at));
      else
        watch_quietly(id);
      waiting_[id] = std::move(container);
    }
  }

  // Its end counts all the same.
  void watch_quietly(const std::string& id) {
    quiet_.push_back(std::make_unique<buildah::Worker>(
        loop_,
        [this, id]() -> Json {
          engine::wait_container(engine_, id);
          return nullptr;
        },
        buildah::Worker::Handlers{[](std::string_view) {}, [this, id](const Json&) { ended(id); },
                                  [this, id](const Error&) { ended(id); }}));
  }

  void say(const std::string& text) { sys::write_all(STDERR_FILENO, text, "standard error"); }

  void ended(const std::string& id) {
    const auto node = waiting_.extract(id);
    if (node.empty()) return;
    const ProjectContainer& container = node.mapped();
    const auto record = look_at(engine_, id);
    if (watch_ && (!record || watch_->is_changing(container.service))) return;  // another one comes
    const auto code = record ? static_cast<int>(record->state.exit_code) : 0;
    if (options_.log.has_prefix)
      say(format("{} exited with code {}\n", short_name(container.name(), project_.name), code));
    if (!options_.exit_code_from.empty() && container.service == options_.exit_code_from && !is_interrupted_)
      code_ = code;
    const bool aborts =
        options_.abort_on_exit || !options_.exit_code_from.empty() || (options_.abort_on_failure && code != 0);
    if (!aborts || stops_ > 0) return;
    if (options_.exit_code_from.empty()) code_ = code;
    say("Aborting on container exit...\n");
    stop(LifeVerb::stop);
  }

  void interrupted() {
    is_interrupted_ = true;
    code_ = kInterrupted;
    if (stops_ == 0) say("Gracefully Stopping... press Ctrl+C again to force\n");
    const LifeVerb verb = stops_ == 0 ? LifeVerb::stop : LifeVerb::kill;
    if (watch_ && verb == LifeVerb::stop) return watch_->stop([this, verb] { stop(verb); });
    stop(verb);
  }

  // In a child, so that output goes on. Signals are blocked there too: the terminal sends Ctrl-C to all of us.
  void stop(LifeVerb verb) {
    ++stops_;
    if (verb == LifeVerb::kill && stopper_) return force();
    if (stopper_) return;
    stopper_ = std::make_unique<buildah::Worker>(
        loop_, [this, verb] { return change(verb); },
        buildah::Worker::Handlers{[this](std::string_view line) { say(std::string(line) + "\n"); },
                                  [this](const Json&) { done_.push_back(std::move(stopper_)); },
                                  [this](const Error& error) {
                                    say(format("lichen: {}\n", error.what()));
                                    done_.push_back(std::move(stopper_));
                                  }});
  }

  void force() {
    killers_.push_back(std::make_unique<buildah::Worker>(
        loop_, [this] { return change(LifeVerb::kill); },
        buildah::Worker::Handlers{[](std::string_view) {}, [](const Json&) {}, [](const Error&) {}}));
  }

  Json change(LifeVerb verb) {
    ProjectView view(ViewMode::plain, false);
    change_life(engine_, project_.name, &project_, verb,
                {.services = {}, .timeout_s = options_.stop_timeout_s, .signal = ""}, view);
    return nullptr;
  }

  engine::Engine& engine_;
  const Project& project_;
  const AttachedOptions& options_;
  sys::EventLoop loop_;
  std::map<std::string, ProjectContainer> waiting_;
  std::vector<std::unique_ptr<buildah::Worker>> quiet_, killers_, done_;
  std::unique_ptr<buildah::Worker> stopper_;
  std::unique_ptr<ProjectWatch> watch_;
  std::set<std::string> seen_;  // by the watch: containers that are no news
  std::size_t width_ = 0;       // of the longest name
  int stops_ = 0, code_ = 0;
  bool is_interrupted_ = false;
};

}  // namespace

int follow_project(engine::Engine& engine, const Project& project, const std::vector<std::string>& ids,
                   const AttachedOptions& options) {
  return Attached(engine, project, options).run(ids);
}

}  // namespace lichen::compose
