#include "compose/up.hh"

#include <algorithm>

#include "compose/conditions.hh"
#include "compose/event_watch.hh"
#include "compose/hooks.hh"
#include "compose/labels.hh"
#include "compose/language/render.hh"
#include "compose/pre_start.hh"
#include "compose/resources.hh"
#include "compose/service_container.hh"
#include "compose/turn.hh"
#include "compose/up_plan.hh"
#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/life.hh"
#include "libpod/engine/remove.hh"
#include "libpod/engine/start.hh"
#include "libpod/engine/stop.hh"

namespace lichen::compose {
namespace {

using wire::ContainerStatus;

Json id_of(const std::string& id) { return {{"id", id}}; }

}  // namespace

class BringUp::Up {
 public:
  Up(engine::Engine& engine, const Project& project, const UpOptions& options, ProjectView& view, sys::EventLoop& loop,
     Handlers handlers)
      : engine_(engine),
        project_(project),
        options_(options),
        view_(view),
        loop_(loop),
        handlers_(std::move(handlers)) {}

  BroughtUp run() {
    engine_.enter_userns();
    BroughtUp result;
    try {
      work();
    } catch (const Error& error) {
      if (interrupts_ == 0) throw;
      if (error.kind() != ErrorKind::interrupted) log_warn("{}", error.what());  // it came before the Ctrl-C
    }
    if (interrupts_ > 0) remove_pre_start(engine_, project_.name);
    end_turn(turn_);
    result.is_interrupted = interrupts_ != 0;
    for (const auto& plan : plan_.services)
      for (const auto& replica : plan.replicas)
        if (!replica.id.empty() && !goes_on(replica)) result.started.insert(plan.service->name);
    return result;
  }

  // A container that is being started is waited for, so that it is among those that are stopped.
  void interrupt() {
    ++interrupts_;
    if (tasks_ == nullptr) return;
    tasks_->fail(Error(ErrorKind::interrupted, "interrupted"));
    tasks_->cut(/*all=*/interrupts_ > 1);
  }

 private:
  void work() {
    wait_for_turn();
    chosen_ = chosen_services(project_, options_.services, options_.no_deps);
    chosen_.insert(options_.along.begin(), options_.along.end());
    if (!options_.only_existing) {
      make_resources(engine_, project_, chosen_, view_);
      provide_images();
    }
    plan_ = plan_up(engine_, project_, options_, chosen_, images_);
    if (!view_.is_rehearsal()) take_names();
    Tasks tasks(loop_, view_, options_.parallel);
    const Current current(*this, tasks);
    remove_orphans();
    for (auto& plan : plan_.services) add_creation(plan);
    if (!options_.no_start) {
      const auto all_made = add_all_made();
      for (auto& plan : plan_.services) add_start(plan, all_made);
    }
    if (options_.wait) add_waiting();
    std::optional<std::chrono::steady_clock::time_point> limit;
    if (options_.wait && options_.wait_timeout) limit = std::chrono::steady_clock::now() + *options_.wait_timeout;
    std::optional<EventWatch> events;
    if (has_gates_) events.emplace(engine_, loop_, [&tasks] { tasks.wake(); });
    tasks.run(limit);
  }

  // The tasks that an interruption ends.
  struct Current {
    Current(Up& up, Tasks& tasks) : up_(up) { up.tasks_ = &tasks; }
    Current(const Current&) = delete;
    Current& operator=(const Current&) = delete;
    ~Current() { up_.tasks_ = nullptr; }
    Up& up_;
  };

  void wait_for_turn() {
    Tasks tasks(loop_, view_, 0);
    const Current current(*this, tasks);
    add_turn(engine_, project_.name, tasks, view_, turn_);
    tasks.run();
  }

  void provide_images() {
    Tasks tasks(loop_, view_, options_.parallel);
    const Current current(*this, tasks);
    add_image_tasks(engine_, project_, chosen_, options_.images, tasks, images_);
    tasks.run();
  }

  // A recreation that was killed at its very end has left the new one without its name.
  void take_names() {
    for (auto& plan : plan_.services)
      for (auto& replica : plan.replicas) {
        if (replica.id.empty()) continue;
        const std::string name = container_name(project_, *plan.service, replica.number);
        if (replica.existing->name() == name) continue;
        engine::rename_container(engine_, replica.id, name);
        replica.existing->summary.config.name = name;
      }
  }

  // ---- creation

  void add_creation(ServicePlan& plan) {
    std::vector<Tasks::Id> below;
    for (const auto& [other, how] : plan.service->depends_on)
      if (const auto* theirs = plan_.find(other); theirs != nullptr)
        for (const auto& replica : theirs->replicas)
          if (replica.created) below.push_back(*replica.created);
    for (const auto& surplus : plan.surplus) add_removal(surplus);
    for (auto& replica : plan.replicas) {
      if (!replica.id.empty()) continue;
      const ReplicaName name{.number = replica.number,
                             .container = container_name(project_, *plan.service, replica.number)};
      Replica* const it = &replica;
      const Service* const service = plan.service;
      replica.created = tasks_->add({.object = "Container " + name.container,
                                     .doing = replica.recreate ? "Recreate" : "Creating",
                                     .did = replica.recreate ? "Recreated" : "Created",
                                     .after = below,
                                     .gate = {},
                                     .body = [this, service, name, it] { return create(*service, name, *it); },
                                     .done = [it](const Json& result) { it->id = result.at("id"); },
                                     .output = {}});
    }
  }

  ContainerSources sources_for(const Service& service) const {
    const auto image = images_.find(service.name);
    return {engine_.settings, [this](const std::string& other) { return plan_.first_container(other); },
            image == images_.end() ? "" : "sha256:" + image->second};
  }

  engine::CreateRequest request_for(const Service& service, const ReplicaName& name) const {
    auto request = container_request(project_, service, name, sources_for(service));
    request.pull.quiet = true;
    return request;
  }

  // In a child. A new one is made beside the old and takes its name when that has gone, so that a failure leaves the
  // old.
  Json create(const Service& service, const ReplicaName& name, const Replica& replica) {
    auto request = request_for(service, name);
    if (!replica.existing) {
      auto created = engine::create_container(engine_, std::move(request));
      created.maker.publish();
      return id_of(created.config.id);
    }
    const ProjectContainer& old = *replica.existing;
    request.config.name = format("{}_{}", old.id().substr(0, 12), name.container);
    request.config.labels[label::kReplaces] = old.name();
    if (!options_.renew_volumes) keep_anonymous_volumes(old, request.config);
    auto created = engine::create_container(engine_, std::move(request));
    created.maker.publish();
    if (old.is_active()) {
      run_pre_stop(engine_, service, old.id());
      engine::stop_container(engine_, old.id(), options_.stop_timeout_s, "");
    }
    engine::remove_container(engine_, old.id(), {.force = true, .volumes = options_.renew_volumes});
    engine::rename_container(engine_, created.config.id, name.container);
    return id_of(created.config.id);
  }

  static void keep_anonymous_volumes(const ProjectContainer& old, spec::ContainerConfig& config) {
    for (const auto& mount : old.summary.config.mounts) {
      if (mount.type != spec::MountType::volume || !mount.anonymous) continue;
      const auto same = std::ranges::find_if(
          config.mounts, [&](const spec::MountConfig& now) { return now.destination == mount.destination; });
      if (same == config.mounts.end()) {
        config.mounts.push_back(mount);
      } else if (same->type == spec::MountType::volume && same->anonymous) {
        same->source = mount.source;
      }
    }
  }

  void add_removal(const ProjectContainer& container) {
    tasks_->add({.object = "Container " + container.name(),
                 .doing = "Removing",
                 .did = "Removed",
                 .after = {},
                 .gate = {},
                 .body = [this, id = container.id()]() -> Json {
                   engine::stop_container(engine_, id, options_.stop_timeout_s, "");
                   engine::remove_container(engine_, id, {.force = true, .volumes = true});
                   return nullptr;
                 },
                 .done = {},
                 .output = {}});
  }

  void remove_orphans() {
    Strings names;
    for (const auto& container : plan_.existing) {
      if (container.one_off || project_.find_service(container.service) != nullptr) continue;
      const bool is_disabled = std::ranges::any_of(
          project_.disabled_services, [&](const Service& service) { return service.name == container.service; });
      if (is_disabled) continue;
      if (options_.remove_orphans)
        add_removal(container);
      else
        names.push_back(container.name());
    }
    if (!names.empty() && !options_.ignore_orphans)
      log_warn(
          "Found orphan containers ([{}]) for this project. If you removed or renamed this service in your compose "
          "file, you can run this command with the --remove-orphans flag to clean it up.",
          join(names, " "));
  }

  // ---- start

  // docker compose's order: what cannot be made in one service leaves the others as they are.
  Tasks::Id add_all_made() {
    std::vector<Tasks::Id> creations;
    for (const auto& plan : plan_.services)
      for (const auto& replica : plan.replicas)
        if (replica.created) creations.push_back(*replica.created);
    return tasks_->add({.object = "",
                        .doing = "",
                        .did = "",
                        .after = std::move(creations),
                        .gate = {},
                        .body = {},
                        .done = [this](const Json&) { tell_made(); },
                        .output = {}});
  }

  void tell_made() {
    if (!handlers_.made) return;
    std::vector<std::pair<std::string, std::string>> containers;
    for (const auto& plan : plan_.services)
      for (const auto& replica : plan.replicas)
        containers.emplace_back(plan.service->name, container_name(project_, *plan.service, replica.number));
    handlers_.made(containers);
    for (const auto& plan : plan_.services)
      for (const auto& replica : plan.replicas)
        if (goes_on(replica) && !restarts(plan)) tell_started(plan, replica);
  }

  void tell_started(const ServicePlan& plan, const Replica& replica) {
    if (handlers_.started)
      handlers_.started(plan.service->name, replica.id, container_name(project_, *plan.service, replica.number));
  }

  // With another service that is made anew.
  bool restarts(const ServicePlan& plan) {
    return std::ranges::any_of(plan.service->depends_on, [this](const auto& row) {
      const ServicePlan* const other = plan_.find(row.first);
      return row.second.restart && other != nullptr && other->recreates;
    });
  }

  void add_start(ServicePlan& plan, Tasks::Id all_made) {
    std::vector<Tasks::Id> before{all_made};
    for (const auto& [other, how] : plan.service->depends_on) {
      auto* theirs = plan_.find(other);
      if (theirs == nullptr) continue;
      for (const auto& replica : theirs->replicas)
        if (replica.started) before.push_back(*replica.started);
    }
    const auto gate = gate_of(*plan.service);
    has_gates_ = has_gates_ || gate != nullptr;
    for (auto& replica : plan.replicas) {
      const bool runs = goes_on(replica);
      auto after = before;
      Replica* const it = &replica;
      const Service* const service = plan.service;
      if (!runs && has_pre_start(*service, it == &plan.replicas.front())) {
        before.push_back(add_pre_start(plan, *it, after, gate));  // also of the replicas that follow
        after.push_back(before.back());
      }
      const std::string object =
          "Container " + (runs ? replica.existing->name() : container_name(project_, *service, replica.number));
      const bool restart = runs && restarts(plan);
      replica.started = tasks_->add(
          {.object = object,
           .doing = runs ? (restart ? "Restarting" : "") : "Starting",
           .did = runs ? (restart ? "Restarted" : "Running") : "Started",
           .after = std::move(after),
           .gate = gate,
           .body = runs && !restart ? std::function<Json()>()
                                    : [this, service, it, restart] { return start(*service, *it, restart); },
           .done =
               [this, &plan, it, told = runs && !restart](const Json&) {
                 if (!told) tell_started(plan, *it);
               },
           .output = {}});
    }
  }

  Tasks::Id add_pre_start(const ServicePlan& plan, const Replica& replica, std::vector<Tasks::Id> after,
                          const std::function<bool()>& gate) {
    const bool is_first = &replica == &plan.replicas.front();
    return tasks_->add({.object = "Container " + container_name(project_, *plan.service, replica.number),
                        .doing = "Preparing",
                        .did = "Prepared",
                        .after = std::move(after),
                        .gate = gate,
                        .body = [this, service = plan.service, &replica, is_first]() -> Json {
                          run_pre_start(engine_, project_, *service, replica, is_first, sources_for(*service));
                          return nullptr;
                        },
                        .done = {},
                        .output = {},
                        .may_be_cut = true});
  }

  static bool is_running(const ProjectContainer& container) {
    return container.summary.state.status == ContainerStatus::running ||
           container.summary.state.status == ContainerStatus::restarting;
  }

  static bool goes_on(const Replica& replica) {
    return replica.existing && !replica.recreate && is_running(*replica.existing);
  }

  // In a child.
  Json start(const Service& service, const Replica& replica, bool restart) {
    if (restart) {
      engine::restart_container(engine_, replica.id, options_.stop_timeout_s, "");
    } else {
      const auto record = look_at(engine_, replica.id);
      if (record && record->state.status == ContainerStatus::paused) engine::unpause_container(engine_, replica.id);
      engine::start_container(engine_, replica.id, nullptr);
    }
    run_post_start(engine_, service, replica.id);
    return nullptr;
  }

  // ---- what a service waits for

  std::function<bool()> gate_of(const Service& service) {
    std::vector<std::pair<std::string, DependsOn>> conditions;
    for (const auto& [other, how] : service.depends_on)
      if (how.condition != DependsOn::Condition::service_started && plan_.find(other) != nullptr)
        conditions.emplace_back(other, how);
    if (conditions.empty()) return nullptr;
    return [this, conditions] {
      return std::ranges::all_of(conditions, [this](const auto& row) { return is_met(row.first, row.second); });
    };
  }

  bool is_met(const std::string& service, const DependsOn& how) {
    ServicePlan* const plan = plan_.find(service);
    try {
      bool met = true;
      for (const auto& replica : plan->replicas) {
        const auto record = replica.id.empty() ? std::nullopt : look_at(engine_, replica.id);
        if (!record) return false;
        met = (how.condition == DependsOn::Condition::service_healthy ? conditions_.is_healthy(*record)
                                                                      : conditions_.has_completed(service, *record)) &&
              met;
      }
      return met;
    } catch (const Error& error) {
      if (how.required) throw;
      log_warn("optional dependency \"{}\": {}", service, error.what());
      return true;
    }
  }

  // --wait: running, or healthy where there is a check; one-shots that ended with 0 are well.
  void add_waiting() {
    has_gates_ = true;
    for (auto& plan : plan_.services)
      for (auto& replica : plan.replicas) {
        Replica* const it = &replica;
        tasks_->add({.object = "Container " + container_name(project_, *plan.service, replica.number),
                     .doing = "",
                     .did = "",
                     .after = replica.started ? std::vector{*replica.started} : std::vector<Tasks::Id>{},
                     .gate = [this, it] { return is_up(*it); },
                     .body = {},
                     .done = {},
                     .output = {}});
      }
  }

  bool is_up(const Replica& replica) {
    const auto record = look_at(engine_, replica.id);
    return !record || conditions_.is_up(*record);
  }

  engine::Engine& engine_;
  const Project& project_;
  const UpOptions& options_;
  ProjectView& view_;
  sys::EventLoop& loop_;
  Handlers handlers_;
  std::optional<sys::FileLock> turn_;
  Tasks* tasks_ = nullptr;
  Conditions conditions_{view_};
  std::set<std::string> chosen_;
  std::map<std::string, std::string> images_;
  UpPlan plan_;
  bool has_gates_ = false;
  int interrupts_ = 0;
};

BringUp::BringUp(engine::Engine& engine, const Project& project, const UpOptions& options, ProjectView& view,
                 sys::EventLoop& loop, Handlers handlers)
    : up_(std::make_unique<Up>(engine, project, options, view, loop, std::move(handlers))) {}
BringUp::~BringUp() = default;
BroughtUp BringUp::run() { return up_->run(); }
void BringUp::interrupt() { up_->interrupt(); }

namespace {

void add_with_dependencies(const Project& project, const std::string& name, std::set<std::string>& chosen) {
  const Service* service = project.find_service(name);
  if (service == nullptr || !chosen.insert(name).second) return;
  for (const auto& [other, how] : service->depends_on) add_with_dependencies(project, other, chosen);
}

}  // namespace

std::set<std::string> chosen_services(const Project& project, const Strings& named, bool no_deps) {
  std::set<std::string> chosen;
  if (named.empty())
    for (const auto& service : project.services) chosen.insert(service.name);
  for (const auto& name : named) {
    if (project.find_service(name) == nullptr) {
      Strings names;
      for (const auto& service : project.services) names.push_back(service.name);
      throw Error(ErrorKind::not_found, format("no such service: {}", name))
          .with_exit_code(1)
          .with_hint("the file has " + (names.empty() ? "none" : join(names, ", ")));
    }
    if (no_deps)
      chosen.insert(name);
    else
      add_with_dependencies(project, name, chosen);
  }
  return chosen;
}

BroughtUp bring_up(engine::Engine& engine, const Project& project, const UpOptions& options, ProjectView& view) {
  sys::EventLoop loop;
  return BringUp(engine, project, options, view, loop, {}).run();
}

}  // namespace lichen::compose
