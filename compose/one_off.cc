#include "compose/one_off.hh"

#include "compose/down.hh"
#include "compose/labels.hh"
#include "compose/project_state.hh"
#include "compose/resources.hh"
#include "compose/service_container.hh"
#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/engine/start.hh"
#include "libpod/spec/capabilities.hh"
#include "libpod/spec/env.hh"
#include "libpod/spec/options.hh"
#include "libpod/sys/io.hh"

#include <unistd.h>

namespace lichen::compose {
namespace {

// What it leans on, made and running; the service itself has its image only.
std::string provide(engine::Engine& engine, const Project& project, const OneOff& one, UpOptions options,
                    ProjectView& view) {
  const Service& service = *project.find_service(one.service);
  if (options.remove_orphans) remove_orphans(engine, project, view);
  if (!one.no_deps) {
    options.services.clear();
    for (const auto& [other, how] : service.depends_on)
      if (project.find_service(other) != nullptr) options.services.push_back(other);
    options.ignore_orphans = true;
    if (!options.services.empty()) bring_up(engine, project, options, view);
  }
  make_resources(engine, project, {one.service}, view);
  sys::EventLoop loop;
  Tasks tasks(loop, view, options.parallel);
  std::map<std::string, std::string> images;
  add_image_tasks(engine, project, {one.service}, options.images, tasks, images);
  tasks.run();
  return images[one.service];
}

void apply(const OneOff& one, engine::CreateRequest& request) {
  spec::ContainerConfig& config = request.config;
  if (one.entrypoint) {
    config.entrypoint = *one.entrypoint;
    config.command.clear();
    request.gave.entrypoint = true;
  }
  if (one.command) config.command = *one.command;
  config.env = spec::merge_env(config.env, one.env);
  if (one.user) {
    config.user = *one.user;
    request.gave.user = true;
  }
  if (one.working_dir) {
    config.working_dir = *one.working_dir;
    request.gave.working_dir = true;
  }
  for (const auto& [key, value] : one.labels) config.labels[key] = value;
  for (const auto& mount : one.mounts) {
    std::erase_if(config.mounts, [&](const auto& known) { return known.destination == mount.destination; });
    config.mounts.push_back(mount);
  }
  config.network.ports.insert(config.network.ports.end(), one.ports.begin(), one.ports.end());
  for (const auto& name : one.cap_add) config.cap_add.push_back(spec::normalize_capability(name, "--cap-add"));
  for (const auto& name : one.cap_drop) config.cap_drop.push_back(spec::normalize_capability(name, "--cap-drop"));
  config.tty = one.tty;
  config.interactive = one.interactive;
  config.auto_remove = one.remove;
  config.attach_stdin = !one.detach && one.interactive;
  config.attach_stdout = config.attach_stderr = !one.detach;
}

}  // namespace

int run_one_off(engine::Engine& engine, const Project& project, const OneOff& one, UpOptions dependencies,
                ProjectView& view) {
  engine.enter_userns();
  const std::string image = provide(engine, project, one, std::move(dependencies), view);
  view.finish();
  const Service& service = *project.find_service(one.service);
  const std::string name =
      one.name.empty() ? format("{0}{3}{1}{3}run{3}{2}", project.name, service.name, random_hex(12), project.separator)
                       : one.name;
  const auto existing = project_containers(engine, project.name);
  const ContainerSources sources{engine.settings,
                                 [&](const std::string& other) {
                                   for (const auto& container : existing)
                                     if (container.service == other && !container.one_off) return container.id();
                                   throw Error(ErrorKind::not_found, format("service '{}' has no container yet", other))
                                       .with_hint("leave out --no-deps");
                                 },
                                 "sha256:" + image};
  auto request = container_request(project, service,
                                   {.number = 1,
                                    .one_off = true,
                                    .keeps_ports = one.service_ports,
                                    .keeps_alias = one.use_aliases,
                                    .container = name},
                                   sources);
  apply(one, request);
  request.pull.quiet = true;
  const engine::AttachOptions attach{.in = request.config.attach_stdin,
                                     .out = true,
                                     .err = true,
                                     .tty = one.tty,
                                     .detach_keys = spec::parse_detach_keys(engine.settings.detach_keys),
                                     .sig_proxy = true};
  auto created = engine::create_container(engine, std::move(request));
  const auto outcome = engine::run_created(engine, std::move(created), one.detach ? nullptr : &attach);
  if (one.detach) sys::write_all(STDOUT_FILENO, name + "\n", "standard output");
  return outcome.exit_code;
}

}  // namespace lichen::compose
