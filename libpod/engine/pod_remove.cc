#include "libpod/engine/pod_remove.hh"

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/pod_cgroup.hh"
#include "libpod/engine/pod_life.hh"
#include "libpod/engine/pods.hh"
#include "libpod/engine/remove.hh"

namespace lichen::engine {
namespace {

void check_ended(const Pod& pod) {
  for (const auto* member : pod.members())
    if (wire::is_active(member->state.status))
      throw Error(ErrorKind::conflict, format("pod {} cannot be removed: container {} is {}", pod.config.name,
                                              member->config.name, wire::to_string(member->state.status)))
          .with_hint(format("stop it first, or use force: lichen pod rm -f {}", pod.config.name));
}

void remove_one(Engine& engine, const std::string& id) {
  try {
    remove_container(engine, id, {.force = true, .volumes = true, .of_pod = true});
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;  // --rm, or somebody else
  }
}

// A record that cannot be read must not be immortal.
void remove_damaged(Engine& engine, const std::string& id) {
  engine.enter_userns();
  for (const auto& container : containers_in_use_check(engine))
    if (container.config.pod_id == id) remove_one(engine, container.config.id);
  engine.pods.remove(id, "");
}

}  // namespace

void remove_pod(Engine& engine, const std::string& name_or_id, const PodRemoveOptions& options) {
  const std::string id = engine.pods.find(name_or_id);
  engine.enter_userns();
  const auto hold = engine.pods.hold(id, sys::LockMode::exclusive);
  Pod pod;
  try {
    pod = load_pod(engine, id);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid || !options.force) throw;
    return remove_damaged(engine, id);
  }
  if (!options.force) check_ended(pod);
  if (options.force) stop_members(engine, pod, options.timeout_s);
  for_each_container(pod.members(), [&](const ContainerSummary& member) { remove_one(engine, member.config.id); });
  if (pod.config.has_holder()) remove_one(engine, pod.config.holder_id);
  remove_pod_cgroup(pod.config);
  if (!engine.pods.remove(id, pod.config.name)) throw_error(ErrorKind::not_found, "no such pod: {}", name_or_id);
  append_pod_event(engine, pod.config, "remove");
}

std::vector<std::string> prune_pods(Engine& engine) {
  std::vector<std::string> removed;
  const auto on_damaged = [](const std::string& id, const Error& error) { log_warn("pod {}: {}", id, error.what()); };
  for (const auto& pod : load_pods(engine, on_damaged)) {
    if (pod.state() != "Exited" && pod.state() != "Stopped") continue;
    try {
      remove_pod(engine, pod.config.id, {});
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::conflict && error.kind() != ErrorKind::not_found) throw;
      continue;  // started, or removed by another, since we looked
    }
    removed.push_back(pod.config.id);
  }
  return removed;
}

}  // namespace lichen::engine
