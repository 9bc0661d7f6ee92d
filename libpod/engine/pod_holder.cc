#include "libpod/engine/pod_holder.hh"

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/create.hh"
#include "libpod/engine/pod_cgroup.hh"
#include "libpod/engine/start.hh"
#include "libpod/sys/fs.hh"

namespace lichen::engine {
namespace {

// As long as the last one may take to end the holder.
constexpr std::chrono::seconds kLastOneEnds{15};

spec::PodConfig pod_of(Engine& engine, const spec::ContainerConfig& config) {
  try {
    return engine.pods.get(config.pod_id);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
    throw Error(ErrorKind::not_found,
                format("start container {}: its pod {} is gone", config.name, short_id(config.pod_id)))
        .with_hint(format("remove the container: lichen rm {}", config.name));
  }
}

// @stage the holder's lock is ours
void provide_held(Engine& engine, const spec::PodConfig& pod) {
  if (engine.containers.has(pod.holder_id)) return;
  CreateRequest request;
  request.config = spec::holder_config(pod, engine.paths.pod_rootfs(pod.id));
  create_container(engine, std::move(request)).maker.publish();
}

}  // namespace

void provide_holder(Engine& engine, const spec::PodConfig& pod) {
  if (!pod.has_holder()) return;
  const auto alone = engine.pods.hold_holder(pod.id);
  provide_held(engine, pod);
}

void start_holder(Engine& engine, const spec::PodConfig& pod) {
  if (!pod.has_holder()) return;
  const auto alone = engine.pods.hold_holder(pod.id);
  provide_held(engine, pod);
  const auto record = load_container(engine, pod.holder_id);
  if (record.state.status == wire::ContainerStatus::running) return;
  if (record.state.status == wire::ContainerStatus::paused)
    throw Error(ErrorKind::conflict, format("pod {} is paused", pod.name))
        .with_hint(format("continue it: lichen pod unpause {}", pod.name));
  provide_pod_cgroup(pod, /*warn=*/true);
  try {
    start_container(engine, pod.holder_id, nullptr);
  } catch (Error& error) {
    error.add_context(format("start pod {}", pod.name));
    throw;
  }
}

PodPlace enter_pod(Engine& engine, const spec::ContainerConfig& config) {
  PodPlace place;
  if (config.pod_id.empty() || config.holder) return place;
  const auto pod = pod_of(engine, config);
  place.hold = engine.pods.hold(pod.id, sys::LockMode::shared);
  if (!pod.has_holder()) return place;
  if (pod.exit_policy == "stop") {
    sys::make_directories(engine.paths.pod_run(pod.id), 0700);
    place.last_one = sys::wait_lock(engine.paths.pod_run(pod.id) + "/members.lock", sys::LockMode::shared, kLastOneEnds,
                                    /*create=*/true);
    place.holder_socket = engine.paths.container_run(pod.holder_id) + "/ctl.sock";
  }
  start_holder(engine, pod);
  provide_pod_cgroup(pod, /*warn=*/false);  // here it may be another than the holder's
  return place;
}

}  // namespace lichen::engine
