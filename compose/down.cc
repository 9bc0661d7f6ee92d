#include "compose/down.hh"

#include <algorithm>

#include "compose/hooks.hh"
#include "compose/labels.hh"
#include "compose/language/render.hh"
#include "compose/resources.hh"
#include "compose/service_container.hh"
#include "compose/tasks.hh"
#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/image_remove.hh"
#include "libpod/engine/life.hh"
#include "libpod/engine/remove.hh"
#include "libpod/engine/stop.hh"

namespace lichen::compose {
namespace {

struct Verb {
  const char* doing;
  const char* did;
  bool dependents_first;
};

Verb words_of(LifeVerb verb) {
  switch (verb) {
    case LifeVerb::stop:
      return {"Stopping", "Stopped", true};
    case LifeVerb::kill:
      return {"Killing", "Killed", true};
    case LifeVerb::restart:
      return {"Restarting", "Started", false};
    case LifeVerb::pause:
      return {"Pausing", "Paused", true};
    case LifeVerb::unpause:
      return {"Unpausing", "Unpaused", false};
    case LifeVerb::remove:
      return {"Removing", "Removed", true};
  }
  return {};
}

bool is_named(const Strings& services, const std::string& service) {
  return services.empty() || std::ranges::find(services, service) != services.end();
}

// docker compose's rule: without names it is about the services that are active. One whose profile is off stays, and so
// does one that the file does not have.
bool is_left_alone(const Project* project, const Strings& named, const std::string& service) {
  return project != nullptr && named.empty() && project->find_service(service) == nullptr;
}

bool is_known(const Project* project, const std::string& service) {
  if (project == nullptr || project->find_service(service) != nullptr) return true;
  return std::ranges::any_of(project->disabled_services, [&](const Service& one) { return one.name == service; });
}

// With those that are to be restarted when one of them is, and so on.
Strings with_followers(const std::vector<ProjectContainer>& containers, Strings services) {
  if (services.empty()) return services;  // all
  for (std::size_t i = 0; i < services.size(); ++i)
    for (const auto& container : containers)
      if (std::ranges::find(container.restarts_with, services[i]) != container.restarts_with.end() &&
          std::ranges::find(services, container.service) == services.end())
        services.push_back(container.service);
  return services;
}

class Life {
 public:
  Life(engine::Engine& engine, const Project* project, ProjectView& view)
      : engine_(engine), project_(project), tasks_(loop_, view, 0) {}

  // One task for each container; those of a service come after those of the services that wait for it, or before.
  void add(const std::vector<ProjectContainer>& containers, const Verb& words,
           const std::function<Json(const ProjectContainer&)>& body) {
    std::map<std::string, std::vector<Tasks::Id>> of_service;
    std::vector<std::pair<Tasks::Id, const ProjectContainer*>> made;
    for (const auto& container : containers) {
      const auto id = tasks_.add({.object = "Container " + container.name(),
                                  .doing = words.doing,
                                  .did = words.did,
                                  .after = {},
                                  .gate = {},
                                  .body = [body, container] { return body(container); },
                                  .done = {},
                                  .output = {}});
      of_service[container.service].push_back(id);
      made.emplace_back(id, &container);
    }
    for (const auto& [id, container] : made)
      for (const auto& below : container->depends_on)
        for (const auto other : of_service[below])
          if (other != id) words.dependents_first ? tasks_.add_order(id, other) : tasks_.add_order(other, id);
  }

  void run() { tasks_.run(); }

  void stop(const ProjectContainer& container, std::optional<std::int64_t> timeout_s) {
    if (!container.is_active()) return;
    const Service* service = project_ == nullptr ? nullptr : project_->find_service(container.service);
    if (service != nullptr) run_pre_stop(engine_, *service, container.id());
    engine::stop_container(engine_, container.id(), timeout_s, "");
  }

  void restart(const ProjectContainer& container, std::optional<std::int64_t> timeout_s) {
    const Service* service = project_ == nullptr ? nullptr : project_->find_service(container.service);
    if (service != nullptr && container.is_active()) run_pre_stop(engine_, *service, container.id());
    engine::restart_container(engine_, container.id(), timeout_s, "");
    if (service != nullptr) run_post_start(engine_, *service, container.id());
  }

 private:
  engine::Engine& engine_;
  const Project* project_;
  sys::EventLoop loop_;
  Tasks tasks_;
};

// Someone else may remove it in the same moment.
void remove_quietly(engine::Engine& engine, const std::string& id, bool volumes) {
  try {
    engine::remove_container(engine, id, {.force = true, .volumes = volumes});
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
  }
}

std::set<std::string> images_to_remove(const std::vector<ProjectContainer>& containers, const Project* project,
                                       const std::string& which) {
  std::set<std::string> names;
  if (which == "all")
    for (const auto& container : containers) names.insert(container.summary.config.image_name);
  if (project == nullptr) return names;
  for (const auto& service : project->services)
    if (which == "all" || (service.build && service.image.empty())) names.insert(image_of(service, *project));
  return names;
}

void remove_images(engine::Engine& engine, const std::set<std::string>& names, ProjectView& view) {
  for (const auto& name : names) {
    const std::string object = "Image " + name;
    view.show(object, "Removing");
    try {
      if (!view.is_rehearsal()) engine::remove_image(engine, name, /*force=*/false, /*no_prune=*/false);
      view.done(object, "Removed");
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found && error.kind() != ErrorKind::conflict) throw;
      view.done(object, error.kind() == ErrorKind::conflict ? "Resource is still in use"
                                                            : "Warning: No resource found to remove");
    }
  }
}

}  // namespace

void take_down(engine::Engine& engine, const std::string& name, const Project* project, const DownOptions& options,
               ProjectView& view) {
  engine.enter_userns();
  std::vector<ProjectContainer> containers = project_containers(engine, name);
  std::erase_if(containers, [&](const ProjectContainer& container) {
    if (!is_named(options.services, container.service)) return true;
    if (!is_known(project, container.service)) return !options.remove_orphans;
    return is_left_alone(project, options.services, container.service);
  });
  Life life(engine, project, view);
  life.add(containers, {"Stopping", "Removed", true}, [&](const ProjectContainer& container) -> Json {
    life.stop(container, options.timeout_s);
    remove_quietly(engine, container.id(), options.volumes);
    return nullptr;
  });
  life.run();
  if (!options.images.empty()) remove_images(engine, images_to_remove(containers, project, options.images), view);
  if (!options.services.empty()) return;
  remove_networks(engine, name, view);
  if (options.volumes) remove_volumes(engine, name, view);
  if (!view.is_rehearsal()) remove_stored_files(engine, name);
}

void remove_orphans(engine::Engine& engine, const Project& project, ProjectView& view) {
  auto containers = project_containers(engine, project.name);
  std::erase_if(containers, [&](const ProjectContainer& container) {
    return container.one_off || is_known(&project, container.service);
  });
  Life life(engine, &project, view);
  life.add(containers, words_of(LifeVerb::remove), [&](const ProjectContainer& container) -> Json {
    life.stop(container, std::nullopt);
    remove_quietly(engine, container.id(), /*volumes=*/false);
    return nullptr;
  });
  life.run();
}

std::size_t change_life(engine::Engine& engine, const std::string& name, const Project* project, LifeVerb verb,
                        const LifeOptions& options, ProjectView& view) {
  engine.enter_userns();
  std::vector<ProjectContainer> containers = project_containers(engine, name);
  const Strings services =
      verb == LifeVerb::restart && !options.no_deps ? with_followers(containers, options.services) : options.services;
  std::erase_if(containers, [&](const ProjectContainer& container) {
    if (verb == LifeVerb::kill && !is_known(project, container.service)) return !options.remove_orphans;
    if (container.one_off || is_left_alone(project, services, container.service)) return true;
    if (!is_named(services, container.service)) return true;
    if (verb == LifeVerb::restart) return false;
    if (verb == LifeVerb::remove) return container.is_active() && !options.stop_first;
    return !container.is_active();
  });
  Life life(engine, project, view);
  life.add(containers, words_of(verb), [&](const ProjectContainer& container) -> Json {
    switch (verb) {
      case LifeVerb::stop:
        life.stop(container, options.timeout_s);
        break;
      case LifeVerb::kill:
        if (is_known(project, container.service))
          engine::kill_container(engine, container.id(), options.signal.empty() ? "KILL" : options.signal);
        else
          remove_quietly(engine, container.id(), /*volumes=*/false);
        break;
      case LifeVerb::restart:
        life.restart(container, options.timeout_s);
        break;
      case LifeVerb::pause:
        engine::pause_container(engine, container.id());
        break;
      case LifeVerb::unpause:
        engine::unpause_container(engine, container.id());
        break;
      case LifeVerb::remove:
        life.stop(container, options.timeout_s);
        remove_quietly(engine, container.id(), options.volumes);
        break;
    }
    return nullptr;
  });
  life.run();
  return containers.size();
}

}  // namespace lichen::compose
