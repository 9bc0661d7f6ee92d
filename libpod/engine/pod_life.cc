#include "libpod/engine/pod_life.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/life.hh"
#include "libpod/engine/pod_holder.hh"
#include "libpod/engine/remove.hh"
#include "libpod/engine/start.hh"
#include "libpod/engine/stop.hh"
#include "libpod/sys/fs.hh"

namespace lichen::engine {
namespace {

using enum wire::ContainerStatus;

bool is_ordinary(const ContainerSummary& container) {
  return !container.config.holder && container.config.init_container.empty();
}

std::string namespace_of(const wire::ContainerState& state, const char* kind) {
  try {
    return sys::read_link(format("/proc/{}/ns/{}", state.pid, kind)).value_or("");
  } catch (const Error&) {
    return "";  // it ended a moment ago
  }
}

// Whether a running container is in the namespaces of a holder that is no more. @stage in U0, to see its processes
bool is_left_behind(const Engine& engine, const Pod& pod, const ContainerSummary& member) {
  const auto config = engine.containers.load_config(member.config.id);
  const std::pair<const std::string*, const char*> kinds[] = {
      {&config.network.target, "net"}, {&config.ipc_mode, "ipc"}, {&config.uts_mode, "uts"}, {&config.pid_mode, "pid"}};
  for (const auto& [mode, kind] : kinds)
    if (mode->ends_with(pod.config.holder_id))  // it may have its own by choice
      return namespace_of(member.state, kind) != namespace_of(pod.holder()->state, kind);
  return false;
}

// Each to its end, in their order: what the others need is there then.
void run_init_containers(Engine& engine, const Pod& pod) {
  for (const auto& container : pod.containers) {
    if (container.config.init_container.empty()) continue;
    const auto& config = container.config;
    start_container(engine, config.id, nullptr);
    const int code = wait_container(engine, config.id);
    if (code != 0)
      throw Error(ErrorKind::system,
                  format("start pod {}: init container {} ended with exit code {}", pod.config.name, config.name, code))
          .with_hint(format("what it said: lichen logs {}", config.name));
    if (config.init_container == "once") remove_container(engine, config.id, {.force = false, .volumes = true});
  }
}

std::vector<const ContainerSummary*> with_status(const Pod& pod, bool (*wanted)(wire::ContainerStatus)) {
  std::vector<const ContainerSummary*> found;
  for (const auto& container : pod.containers)
    if (wanted(container.state.status)) found.push_back(&container);
  return found;
}

// Several at once: each may take its ten seconds.
void stop_all(Engine& engine, const std::vector<const ContainerSummary*>& containers,
              std::optional<std::int64_t> timeout_s) {
  std::vector<PendingStop> pending;
  pending.reserve(containers.size());
  std::vector<const ContainerSummary*> asked;
  for_each_container(containers, [&](const ContainerSummary& container) {
    try {
      pending.push_back(begin_stop(engine, container.config.id, timeout_s, ""));
      asked.push_back(&container);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) throw;  // --rm: it is gone
    }
  });
  auto next = pending.begin();
  for_each_container(asked, [&](const ContainerSummary&) { finish_stop(engine, *next++); });
}

}  // namespace

void start_pod(Engine& engine, const std::string& name_or_id) {
  Pod pod = load_pod(engine, name_or_id);
  engine.enter_userns();
  start_holder(engine, pod.config);
  pod = load_pod(engine, pod.config.id);
  if (pod.holder() != nullptr) {
    std::vector<const ContainerSummary*> left;
    for (const auto* member : pod.members())
      if (wire::has_process(member->state.status) && is_left_behind(engine, pod, *member)) left.push_back(member);
    if (!left.empty()) {
      stop_all(engine, left, {});
      pod = load_pod(engine, pod.config.id);
    }
  }
  const auto members = pod.members();
  const bool any_runs = std::any_of(members.begin(), members.end(), [](const ContainerSummary* member) {
    return is_ordinary(*member) && wire::is_active(member->state.status);
  });
  if (!any_runs) run_init_containers(engine, pod);
  std::vector<const ContainerSummary*> to_start;
  for (const auto* member : members)
    if (is_ordinary(*member) && !wire::is_active(member->state.status)) to_start.push_back(member);
  for_each_container(to_start,
                     [&](const ContainerSummary& member) { start_container(engine, member.config.id, nullptr); });
  append_pod_event(engine, pod.config, "start");
}

void stop_members(Engine& engine, const Pod& pod, std::optional<std::int64_t> timeout_s) {
  stop_all(engine, pod.members(), timeout_s);
}

void stop_pod(Engine& engine, const std::string& name_or_id, std::optional<std::int64_t> timeout_s) {
  const Pod pod = load_pod(engine, name_or_id);
  stop_members(engine, pod, timeout_s);
  if (pod.holder() != nullptr) stop_container(engine, pod.holder()->config.id, timeout_s, "");
  append_pod_event(engine, pod.config, "stop");
}

void restart_pod(Engine& engine, const std::string& name_or_id) {
  const std::string id = engine.pods.find(name_or_id);
  stop_pod(engine, id, {});
  start_pod(engine, id);
}

void kill_pod(Engine& engine, const std::string& name_or_id, const std::string& signal) {
  const Pod pod = load_pod(engine, name_or_id);
  auto alive = with_status(pod, wire::is_active);
  if (alive.empty()) throw_error(ErrorKind::conflict, "cannot kill pod {}: no container of it runs", pod.config.name);
  std::reverse(alive.begin(), alive.end());
  for_each_container(alive, [&](const ContainerSummary& container) {
    try {
      kill_container(engine, container.config.id, signal);
    } catch (const Error& error) {
      // The last one has taken the holder with it (--exit-policy stop), or itself (--rm).
      if (error.kind() != ErrorKind::conflict && error.kind() != ErrorKind::not_found) throw;
    }
  });
  append_pod_event(engine, pod.config, "kill");
}

void pause_pod(Engine& engine, const std::string& name_or_id) {
  const Pod pod = load_pod(engine, name_or_id);
  auto alive = with_status(pod, [](wire::ContainerStatus status) { return status == running; });
  if (alive.empty()) throw_error(ErrorKind::conflict, "cannot pause pod {}: no container of it runs", pod.config.name);
  std::reverse(alive.begin(), alive.end());
  for_each_container(alive, [&](const ContainerSummary& container) { pause_container(engine, container.config.id); });
  append_pod_event(engine, pod.config, "pause");
}

void unpause_pod(Engine& engine, const std::string& name_or_id) {
  const Pod pod = load_pod(engine, name_or_id);
  const auto stopped = with_status(pod, [](wire::ContainerStatus status) { return status == paused; });
  if (stopped.empty())
    throw_error(ErrorKind::conflict, "cannot unpause pod {}: no container of it is paused", pod.config.name);
  for_each_container(stopped, [&](const ContainerSummary& one) { unpause_container(engine, one.config.id); });
  append_pod_event(engine, pod.config, "unpause");
}

}  // namespace lichen::engine
