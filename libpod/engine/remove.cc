#include "libpod/engine/remove.hh"

#include <algorithm>
#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/bridge_network.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/container_mount.hh"
#include "libpod/engine/control.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/object_filter.hh"
#include "libpod/engine/volumes_from.hh"
#include "libpod/sys/fs.hh"

#include <signal.h>

namespace lichen::engine {
namespace {

// How long a monitor may take to tear down a container that was killed.
constexpr std::chrono::seconds kTearDown{20};

[[noreturn]] void throw_active(const store::ContainerRecord& record) {
  throw Error(ErrorKind::conflict, format("container {} is {}: it cannot be removed", record.config.name,
                                          wire::to_string(record.state.status)))
      .with_hint(format("stop it first, or use force: lichen rm -f {}", record.config.name));
}

void remove_running(Engine& engine, const store::ContainerRecord& record, const RemoveOptions& options) {
  const std::string& id = record.config.id;
  try {
    request_exit(engine, id, {.type = wire::MessageType::stop, .a = SIGKILL, .b = 0, .text = ""},
                 std::chrono::seconds(3));
  } catch (const Error& error) {
    log_debug("{}", error.what());  // it hangs or answers badly: go without it
    kill_init(engine, record.state, SIGKILL);
  }
  wait_for_monitor_end(engine, id, kTearDown);
  if (!engine.containers.has(id)) return;  // --rm: the monitor has removed it
  engine.enter_userns();
  remove_stopped(engine, record.config, options.volumes);
}

}  // namespace

bool remove_stopped(Engine& engine, const spec::ContainerConfig& config, bool volumes) {
  if (!engine.containers.remove(config.id, config.name)) return false;
  release_endpoints(engine, config);
  if (volumes)
    for (const auto& mount : config.mounts)
      if (mount.anonymous && engine.volumes.has(mount.source) && !is_used_by_others(engine, mount.source, config.id))
        engine.volumes.remove(mount.source);
  append_event(engine, {.action = "destroy", .id = config.id, .name = config.name, .image = config.image_name});
  return true;
}

namespace {

[[noreturn]] void throw_holder(Engine& engine, const spec::ContainerConfig& config) {
  const std::string pod =
      engine.pods.has(config.pod_id) ? engine.pods.get(config.pod_id).name : short_id(config.pod_id);
  throw Error(ErrorKind::conflict, format("container {} holds the namespaces of pod {}", config.name, pod))
      .with_hint(format("it goes with its pod: lichen pod rm {}", pod));
}

void remove_found(Engine& engine, const std::string& id, const RemoveOptions& options) {
  store::ContainerRecord record;
  try {
    record = load_container(engine, id);
  } catch (Error& error) {
    // A record that cannot be read must not be immortal.
    if (error.kind() != ErrorKind::invalid || !options.force) throw;
    engine.enter_userns();
    engine.containers.remove(id, "");
    return;
  }
  // One whose pod is gone is a container like others.
  if (record.config.holder && !options.of_pod && engine.pods.has(record.config.pod_id))
    throw_holder(engine, record.config);
  if (wire::is_active(record.state.status)) {
    if (!options.force) throw_active(record);
    return remove_running(engine, record, options);
  }
  engine.enter_userns();
  if (!wait_for_quiet(engine, id)) {
    // It was about to start when we looked, and runs now; or it is gone.
    return remove_container(engine, id, options);
  }
  if (const auto pid = process_with_container(engine, id); pid && !options.force)
    throw Error(ErrorKind::conflict, format("container {}: process {} has it mounted", record.config.name, *pid))
        .with_hint(format("lichen unmount {} in that shell, or use force: lichen rm -f {}", record.config.name,
                          record.config.name));
  if (!remove_stopped(engine, record.config, options.volumes))
    throw_error(ErrorKind::not_found, "another command has removed it");
}

}  // namespace

void remove_container(Engine& engine, const std::string& name_or_id, const RemoveOptions& options) {
  const std::string id = engine.containers.find(name_or_id);
  try {
    remove_found(engine, id, options);
  } catch (const Error& error) {
    // Of several at once one removes it, and the others say that there is none, wherever they noticed.
    if (error.kind() == ErrorKind::not_found && !engine.containers.has(id)) engine.containers.find(name_or_id);
    throw;
  }
}

namespace {

bool depends_on(const spec::ContainerConfig& config, const spec::ContainerConfig& other) {
  const auto is_other = [&](std::string_view text) { return text == other.id || text == other.name; };
  if (config.network.mode == "container" && is_other(config.network.target)) return true;
  for (const auto* mode : {&config.pid_mode, &config.ipc_mode, &config.uts_mode, &config.cgroupns_mode, &config.userns})
    if (mode->starts_with("container:") && is_other(std::string_view(*mode).substr(10))) return true;
  return std::any_of(config.volumes_from.begin(), config.volumes_from.end(),
                     [&](const std::string& text) { return is_other(text.substr(0, text.find(':'))); });
}

void add_dependents(const std::vector<store::ContainerRecord>& all, const spec::ContainerConfig& of,
                    std::set<std::string>& seen, std::vector<std::string>& ids) {
  if (!seen.insert(of.id).second) return;
  for (const auto& record : all) {
    if (!depends_on(record.config, of) || seen.contains(record.config.id)) continue;
    add_dependents(all, record.config, seen, ids);
    ids.push_back(record.config.id);
  }
}

}  // namespace

std::vector<std::string> dependent_containers(Engine& engine, const std::string& name_or_id,
                                              const RemoveOptions& options) {
  const auto record = find_container(engine, name_or_id);
  const auto all = load_all_containers(
      engine, [](const std::string& id, const Error& error) { log_warn("container {}: {}", id, error.what()); });
  std::set<std::string> seen;
  std::vector<std::string> ids;
  add_dependents(all, record.config, seen, ids);
  for (const auto& one : all)
    if (!options.force && seen.contains(one.config.id) && wire::is_active(one.state.status)) throw_active(one);
  return ids;
}

namespace {

// docker's for all kinds of objects.
constexpr std::string_view kPruneFilters[] = {"label", "label!", "until"};

}  // namespace

void check_prune_filters(const std::vector<std::string>& words) {
  Filters::parse(words, kPruneFilters).get_time("until", now());
}

PrunedContainers prune_containers(Engine& engine, const std::vector<std::string>& words) {
  const auto filters = Filters::parse(words, kPruneFilters);
  const auto until = filters.get_time("until", now());
  PrunedContainers pruned;
  engine.enter_userns();
  const auto on_damaged = [](const std::string& id, const Error& error) {
    log_warn("container {}: {}", id, error.what());
  };
  for (const auto& record : load_all_containers(engine, on_damaged)) {
    using enum wire::ContainerStatus;
    if (record.state.status != created && record.state.status != exited) continue;
    if (record.config.holder) continue;
    if (!filters.match_labels(record.config.labels)) continue;
    if (until && parse_rfc3339(record.config.created).value_or(Timestamp{}) >= *until) continue;
    const std::int64_t bytes = sys::disk_size(engine.paths.container(record.config.id));
    try {
      remove_container(engine, record.config.id, {.force = false, .volumes = false});
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::conflict && error.kind() != ErrorKind::not_found) throw;
      continue;  // started, or removed by another, since we looked
    }
    pruned.ids.push_back(record.config.id);
    pruned.bytes += bytes;
  }
  return pruned;
}

}  // namespace lichen::engine
