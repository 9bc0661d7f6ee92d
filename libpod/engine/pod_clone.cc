#include "libpod/engine/pod_clone.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/pod_create.hh"
#include "libpod/engine/pod_life.hh"
#include "libpod/engine/pod_remove.hh"
#include "libpod/engine/pods.hh"

namespace lichen::engine {
namespace {

std::string free_name(const Engine& engine, const std::string& of) {
  std::string name = of + "-clone";
  for (int number = 1; engine.containers.find_name(name) || engine.pods.find_name(name); ++number)
    name = format("{}-clone{}", of, number);
  return name;
}

// What the old pod's holder gave comes from the new one: join_pod decides again.
void leave_old_pod(spec::ContainerConfig& config, const std::string& old_holder) {
  if (config.network.target == old_holder) config.network = {};
  for (std::string* mode :
       {&config.pid_mode, &config.ipc_mode, &config.uts_mode, &config.cgroupns_mode, &config.userns})
    if (!old_holder.empty() && mode->ends_with(old_holder)) mode->clear();
  if (config.userns.empty()) config.uid_map = config.gid_map = {};
}

void clone_member(Engine& engine, const spec::PodConfig& from, const spec::PodConfig& pod, const std::string& id) {
  CreateRequest request;
  request.config = engine.containers.load_config(id);
  auto& config = request.config;
  config.id.clear();
  config.name = free_name(engine, config.name);
  config.cidfile.clear();
  config.pidfile.clear();
  if (config.cgroup_parent == spec::pod_cgroup(from)) config.cgroup_parent.clear();
  leave_old_pod(config, from.holder_id);
  for (auto& mount : config.mounts)
    if (mount.anonymous) mount.source.clear();
  // Everything is decided already: the image's defaults are in the record.
  request.gave.entrypoint = request.gave.user = request.gave.working_dir = request.gave.stop_signal = true;
  request.gave.healthcheck = config.healthcheck.has_value();
  request.gave.no_healthcheck = !config.healthcheck.has_value();
  // Namespaces that the container had of its own stay its own.
  PodChoice choice{.name = pod.id, .gave = {"restart", "security-opt"}};
  for (const auto& [mode, flag] : {std::pair{&config.pid_mode, "pid"},
                                   {&config.ipc_mode, "ipc"},
                                   {&config.uts_mode, "uts"},
                                   {&config.cgroupns_mode, "cgroupns"}})
    if (!mode->empty()) choice.gave.insert(flag);
  create_member(engine, std::move(request), choice).maker.publish();
}

void check_ended(const Pod& pod) {
  for (const auto* member : pod.members())
    if (wire::is_active(member->state.status))
      throw Error(ErrorKind::conflict, format("--destroy: container {} of pod {} is {}", member->config.name,
                                              pod.config.name, wire::to_string(member->state.status)))
          .with_hint(format("stop it first: lichen pod stop {}", pod.config.name));
}

}  // namespace

spec::PodConfig clone_pod(Engine& engine, const PodCloneRequest& request) {
  const Pod source = load_pod(engine, request.source);
  if (request.destroy) check_ended(source);
  PodRequest made{.pod = source.config, .with_holder = source.config.has_holder()};
  made.pod.name = request.name.empty() ? free_name(engine, source.config.name) : request.name;
  made.pod.holder_name.clear();
  if (made.pod.settings.hostname == source.config.name) made.pod.settings.hostname.clear();
  if (request.hostname) made.pod.settings.hostname = *request.hostname;
  for (const auto& [key, value] : request.labels) made.pod.labels.insert_or_assign(key, value);
  const auto pod = create_pod(engine, std::move(made));
  try {
    for (const auto* member : source.members()) clone_member(engine, source.config, pod, member->config.id);
  } catch (const Error&) {
    try {
      remove_pod(engine, pod.id, {.force = true, .timeout_s = 0});
    } catch (const Error& error) {
      log_warn("pod {} is left: {}", pod.name, error.what());
    }
    throw;
  }
  if (request.destroy) remove_pod(engine, source.config.id, {});
  if (request.start) start_pod(engine, pod.id);
  return pod;
}

}  // namespace lichen::engine
