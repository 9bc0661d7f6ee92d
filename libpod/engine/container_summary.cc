#include "libpod/engine/container_summary.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/record_scan.hh"
#include "libpod/sys/io.hh"

namespace lichen::engine {
namespace {

constexpr std::string_view kMembers[] = {"version", "id",      "name",    "created", "image_id",    "image_name",
                                         "rootfs_path", "labels", "entrypoint", "command", "mounts", "network",
                                         "auto_remove", "restart", "healthcheck", "storage_driver", "pod_id", "cidfile"};

spec::ContainerConfig read_summary(const store::Paths& paths, const std::string& id) {
  const std::string path = paths.container(id) + "/config.json";
  auto config = spec::container_config_from_json(pick_members(sys::read_file(path), path, kMembers), path);
  if (config.id != id) throw_error(ErrorKind::invalid, "{}: it is the record of container {}", path, config.id);
  return config;
}

bool says_alive(const wire::ContainerState& state) {
  return state.status != wire::ContainerStatus::created && state.status != wire::ContainerStatus::exited;
}

std::optional<ContainerSummary> summarize(Engine& engine, const std::string& id, const SummaryOptions& options) {
  ContainerSummary summary;
  summary.state = engine.containers.load_state(id);
  if (says_alive(summary.state)) {
    summary.monitor_alive = engine.containers.is_monitor_alive(id);
    if (!summary.monitor_alive) summary.state = engine.containers.load_state(id);  // its last words may have come between
    if (summary.is_lost() && options.settle) summary.state = load_container(engine, id).state;
  }
  if (options.running_only && !is_active(summary)) return std::nullopt;
  summary.config = read_summary(engine.paths, id);
  return summary;
}

}  // namespace

std::vector<ContainerSummary> summarize_containers(Engine& engine, const SummaryOptions& options, const OnDamaged& on_damaged) {
  std::vector<ContainerSummary> found;
  for (const auto& id : engine.containers.list(options.with_unfinished)) {
    try {
      if (auto summary = summarize(engine, id, options)) found.push_back(*std::move(summary));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::not_found && !engine.containers.has(id)) continue;
      on_damaged(id, error);
    }
  }
  return found;
}

std::vector<ContainerSummary> containers_in_use_check(Engine& engine) {
  return summarize_containers(engine, {.with_unfinished = true, .running_only = false, .settle = false}, [](const std::string& id, const Error& error) {
    log_debug("container {}: {}", id, error.what());  // it names nothing that could be protected
  });
}

bool is_active(const ContainerSummary& container) {
  using enum wire::ContainerStatus;
  const auto status = container.state.status;
  return status == running || status == paused || status == restarting;
}

}  // namespace lichen::engine
