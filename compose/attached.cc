#include "compose/attached.hh"

#include <algorithm>

#include "compose/arrivals.hh"
#include "compose/down.hh"
#include "compose/key_menu.hh"
#include "compose/project_state.hh"
#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/stop.hh"
#include "libpod/sys/io.hh"

#include <signal.h>
#include <unistd.h>

namespace lichen::compose {
namespace {

constexpr int kInterrupted = 130;              // docker's
constexpr std::chrono::seconds kLastWords{2};  // for reading what is in the logs already

bool contains(const Strings& list, const std::string& word) { return std::ranges::find(list, word) != list.end(); }

class Attached {
 public:
  Attached(engine::Engine& engine, const Project& project, const UpOptions& up, const AttachedOptions& options,
           ProjectView& view)
      : engine_(engine),
        project_(project),
        up_options_(up),
        options_(options),
        view_(view),
        chosen_(chosen_services(project, up.services, up.no_deps)) {}

  int run() {
    loop_.on_signals({SIGINT, SIGTERM, SIGHUP}, [this](const signalfd_siginfo&) { interrupted(); });
    const BroughtUp result = bring_up();
    view_.finish();
    if (!lines_) return code_;  // interrupted before anything was started
    note_whom_to_stop(result);
    arrivals_.emplace(engine_, loop_, project_.name, [this](const auto& container) { return arrived(container); });
    if (result.is_interrupted)
      stop(LifeVerb::stop);
    else if (options_.watches)
      begin_watch();
    if (options_.has_menu && signals_ == 0 && KeyMenu::is_possible()) begin_menu();
    do {
      while (is_busy()) {
        loop_.step(std::chrono::milliseconds(500));
        if (std::exchange(drops_watch_, false)) {
          watch_.reset();
          tell_keys();
        }
      }
      if (is_detached_) return 0;
      if (signals_ == 0 && !is_aborted_) arrivals_->look();  // of the event of a start we may not have been told yet
    } while (is_busy());
    read_to_the_end();
    return code_;
  }

 private:
  bool is_busy() const {
    if (is_detached_) return false;
    return stopper_ || (watch_ && watch_->is_busy()) ||
           std::ranges::any_of(waiting_, [this](const auto& row) { return counts(row.second.service); });
  }

  struct Followed {
    std::string service, name;  // as it is shown: "web-1"
  };

  BroughtUp bring_up() {
    BringUp bringing(engine_, project_, up_options_, view_, loop_,
                     {.made = [this](const auto& containers) { begin_lines(containers); },
                      .started =
                          [this](const std::string& service, const std::string& id, const std::string& name) {
                            follow(id, {service, short_name(name, project_.name)});
                          }});
    bringing_ = &bringing;
    try {
      const BroughtUp result = bringing.run();
      bringing_ = nullptr;
      return result;
    } catch (const Error&) {
      bringing_ = nullptr;
      read_to_the_end();
      throw;
    }
  }

  void begin_lines(const std::vector<std::pair<std::string, std::string>>& containers) {
    view_.hush();
    Strings names, shown;
    for (const auto& [service, name] : containers) {
      names.push_back(short_name(name, project_.name));
      if (is_shown(service)) shown.push_back(names.back());
    }
    lines_.emplace(engine_, loop_, options_.log, std::move(names), [this](const std::string& id) { ended(id); });
    std::ranges::sort(shown);
    if (!shown.empty()) sys::write_all(STDOUT_FILENO, format("Attaching to {}\n", join(shown, ", ")), "the output");
  }

  // What those who have ended have said: it is the reason of the failure, more often than not.
  void read_to_the_end() {
    const auto limit = std::chrono::steady_clock::now() + kLastWords;
    const auto is_read = [this] {
      return std::ranges::none_of(waiting_, [this](const auto& row) {
        const auto record = look_at(engine_, row.first);
        return record && !wire::is_active(record->state.status);
      });
    };
    while (!is_read() && std::chrono::steady_clock::now() < limit) loop_.step(std::chrono::milliseconds(20));
  }

  // Those named and those that this command has started; what else ran before goes on.
  void note_whom_to_stop(const BroughtUp& result) {
    if (up_options_.services.empty()) return;  // all
    to_stop_ = up_options_.services;
    for (const auto& service : result.started)
      if (!contains(to_stop_, service)) to_stop_.push_back(service);
  }

  bool is_shown(const std::string& name) const {
    if (contains(options_.no_attach, name)) return false;
    if (!options_.attach.empty()) return contains(options_.attach, name);
    const Service* service = project_.find_service(name);
    return service == nullptr || service->attach.value_or(true);
  }

  // Whether we stay as long as it runs. docker compose's rule: who was named, else who is shown.
  bool counts(const std::string& service) const {
    if (stops_ > 0) return to_stop_.empty() || contains(to_stop_, service);
    if (options_.abort_on_exit || options_.abort_on_failure || !options_.exit_code_from.empty()) return true;
    if (!up_options_.services.empty()) return contains(up_options_.services, service);
    return is_shown(service) || std::ranges::none_of(chosen_, [this](const auto& name) { return is_shown(name); });
  }

  void follow(const std::string& id, Followed followed, std::optional<Timestamp> since = std::nullopt) {
    if (is_shown(followed.service))
      lines_->add(id, followed.name, since);
    else
      watch_quietly(id);
    waiting_[id] = std::move(followed);
  }

  bool arrived(const ProjectContainer& container) {
    const std::string id = container.id();
    if (!chosen_.contains(container.service)) return true;
    if (waiting_.contains(id)) return false;  // what it said before its restart is not read to the end yet
    follow(id, {container.service, short_name(container.name(), project_.name)},
           parse_rfc3339(container.summary.state.started_at));
    return true;
  }

  void begin_watch() {
    watch_ = std::make_unique<ProjectWatch>(engine_, project_, loop_, *options_.watch,
                                            [this](std::string_view line) { say_of_watch(line); });
  }

  void begin_menu() {
    menu_.emplace(loop_, [this](char key) { pressed(key); });
    tell_keys();
  }

  void tell_keys() { say(format("w {} Watch   d Detach\n", watch_ ? "Disable" : "Enable")); }

  void pressed(char key) {
    if (signals_ > 0 || is_aborted_) return;
    if (key == 'd') is_detached_ = true;
    if (key != 'w') return;
    if (watch_) return watch_->stop([this] { drops_watch_ = true; });  // not here: it is at work in this very moment
    if (!options_.watch) return say("Nothing is watched: no service has develop.watch\n");
    try {
      begin_watch();
    } catch (const Error& error) {  // a directory that cannot be watched
      return say(format("lichen: {}\n", error.what()));
    }
    tell_keys();
  }

  // docker compose's sign where a container's name would be.
  void say_of_watch(std::string_view line) const {
    std::string sign;
    if (options_.log.has_prefix) sign = std::string(lines_->width(), ' ') + " ⦿ ";
    if (options_.log.has_prefix && options_.log.has_colour) sign = "\x1b[92m" + sign + "\x1b[0m";
    sys::write_all(STDOUT_FILENO, format("{}{}\n", sign, line), "standard output");
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
    tell_end(id, node.mapped());
    if (arrivals_) arrivals_->retry();
  }

  void tell_end(const std::string& id, const Followed& followed) {
    const auto record = look_at(engine_, id);
    if (watch_ && (!record || watch_->is_changing(followed.service))) return;  // another one comes
    const auto code = record ? static_cast<int>(record->state.exit_code) : 0;
    if (options_.log.has_prefix) say(format("{} exited with code {}\n", followed.name, code));
    if (!options_.exit_code_from.empty() && followed.service == options_.exit_code_from && signals_ == 0) code_ = code;
    const bool aborts =
        options_.abort_on_exit || !options_.exit_code_from.empty() || (options_.abort_on_failure && code != 0);
    if (!aborts || is_aborted_ || signals_ > 0) return;
    is_aborted_ = true;
    if (options_.exit_code_from.empty()) code_ = code;
    say("Aborting on container exit...\n");
    if (bringing_ != nullptr) return bringing_->interrupt();
    stop(LifeVerb::stop);
  }

  void interrupted() {
    code_ = kInterrupted;
    if (signals_++ == 0) say("Gracefully Stopping... press Ctrl+C again to force\n");
    if (bringing_ != nullptr) return bringing_->interrupt();
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
                {.services = to_stop_, .timeout_s = options_.stop_timeout_s, .signal = ""}, view);
    return nullptr;
  }

  engine::Engine& engine_;
  const Project& project_;
  const UpOptions& up_options_;
  const AttachedOptions& options_;
  ProjectView& view_;
  std::set<std::string> chosen_;
  sys::EventLoop loop_;
  BringUp* bringing_ = nullptr;
  std::optional<LogLines> lines_;
  std::optional<Arrivals> arrivals_;
  std::map<std::string, Followed> waiting_;  // by id: for whose ends we wait
  std::vector<std::unique_ptr<buildah::Worker>> quiet_, killers_, done_;
  std::unique_ptr<buildah::Worker> stopper_;
  std::unique_ptr<ProjectWatch> watch_;
  std::optional<KeyMenu> menu_;
  Strings to_stop_;
  int stops_ = 0, signals_ = 0, code_ = 0;
  bool is_aborted_ = false, is_detached_ = false, drops_watch_ = false;
};

}  // namespace

int up_attached(engine::Engine& engine, const Project& project, const UpOptions& up, const AttachedOptions& options,
                ProjectView& view) {
  return Attached(engine, project, up, options, view).run();
}

}  // namespace lichen::compose
