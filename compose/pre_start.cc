#include "compose/pre_start.hh"

#include <algorithm>

#include "compose/labels.hh"
#include "compose/project_state.hh"
#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/remove.hh"
#include "libpod/engine/start.hh"
#include "libpod/spec/env.hh"

namespace lichen::compose {
namespace {

void apply(const Hook& hook, const Replica& replica, engine::CreateRequest& request) {
  spec::ContainerConfig& config = request.config;
  config.command = hook.command;
  config.entrypoint.clear();
  request.gave.entrypoint = true;
  if (!hook.image.empty()) config.image_name = hook.image;
  if (!hook.user.empty()) config.user = hook.user;
  request.gave.user = request.gave.user || !hook.user.empty();
  if (!hook.working_dir.empty()) config.working_dir = hook.working_dir;
  request.gave.working_dir = request.gave.working_dir || !hook.working_dir.empty();
  Strings env;
  for (const auto& [key, value] : hook.environment)
    if (value) env.push_back(key + "=" + *value);
  config.env = spec::merge_env(config.env, env);
  config.privileged = hook.privileged;
  // The very mounts of the container that comes after it: also its anonymous volumes.
  std::erase_if(config.mounts, [](const auto& mount) { return mount.type != spec::MountType::tmpfs; });
  config.volumes_from = {replica.id};
  config.healthcheck.reset();
  request.gave.no_healthcheck = true;
  config.labels[label::kPreStart] = "True";
  config.auto_remove = true;
  config.tty = config.interactive = config.attach_stdin = false;
  config.attach_stdout = config.attach_stderr = true;
  request.pull.quiet = true;
}

}  // namespace

bool has_pre_start(const Service& service, bool is_first) {
  return std::ranges::any_of(service.pre_start, [&](const Hook& hook) { return is_first || hook.per_replica; });
}

void run_pre_start(engine::Engine& engine, const Project& project, const Service& service, const Replica& replica,
                   bool is_first, const ContainerSources& sources) {
  const auto record = look_at(engine, replica.id);
  if (!record || !record->state.started_at.empty()) return;
  for (const auto& hook : service.pre_start) {
    if (!is_first && !hook.per_replica) continue;
    const std::string name =
        format("{0}{3}{1}{3}pre_start{3}{2}", project.name, service.name, random_hex(12), project.separator);
    auto request =
        container_request(project, service, {.number = replica.number, .one_off = true, .container = name}, sources);
    apply(hook, replica, request);
    const engine::AttachOptions attach{.in = false, .out = true, .err = true, .tty = false, .sig_proxy = false};
    const auto outcome = engine::run_created(engine, engine::create_container(engine, std::move(request)), &attach);
    if (outcome.exit_code != 0)
      throw Error(ErrorKind::conflict, format("service '{}' is not started: pre_start '{}' ended with exit code {}",
                                              service.name, join(hook.command, " "), outcome.exit_code))
          .with_exit_code(1);
  }
}

void remove_pre_start(engine::Engine& engine, const std::string& project) {
  for (const auto& container : project_containers(engine, project)) {
    if (!container.summary.config.labels.contains(label::kPreStart)) continue;
    try {
      engine::remove_container(engine, container.id(), {.force = true, .volumes = false});
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) throw;  // it has ended and removed itself
    }
  }
}

}  // namespace lichen::compose
