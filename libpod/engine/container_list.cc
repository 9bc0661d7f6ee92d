#include "libpod/engine/container_list.hh"

#include <algorithm>
#include <map>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/container_filters.hh"
#include "libpod/engine/container_status.hh"
#include "libpod/engine/display.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/spec/platform.hh"
#include "libpod/sys/fs.hh"

namespace lichen::engine {
namespace {

using Order = std::function<bool(const ContainerSummary&, const ContainerSummary&)>;

// Newest first, as docker; the id decides between equals so that two runs print the same.
bool is_newer(const ContainerSummary& a, const ContainerSummary& b) {
  return a.config.created != b.config.created ? a.config.created > b.config.created : a.config.id < b.config.id;
}

Order order_by(const std::string& key) {
  if (key == "command")
    return [](const auto& a, const auto& b) { return command_text(a.config) < command_text(b.config); };
  if (key == "id") return [](const auto& a, const auto& b) { return a.config.id < b.config.id; };
  if (key == "image") return [](const auto& a, const auto& b) { return a.config.image_name < b.config.image_name; };
  if (key == "names") return [](const auto& a, const auto& b) { return a.config.name < b.config.name; };
  if (key == "runningfor") return [](const auto& a, const auto& b) { return a.state.started_at < b.state.started_at; };
  if (key == "status")
    return
        [](const auto& a, const auto& b) { return wire::to_string(a.state.status) < wire::to_string(b.state.status); };
  return is_newer;
}

// What a container calls its image may belong to another image by now: then docker shows the id.
class ImageNames {
 public:
  explicit ImageNames(const Engine& engine) : engine_(engine) {}

  const std::string& shown(const spec::ContainerConfig& config, bool no_trunc) {
    const auto [entry, is_new] = known_.try_emplace({config.image_name, config.image_id});
    if (is_new) entry->second = look(config, no_trunc);
    return entry->second;
  }

 private:
  std::string look(const spec::ContainerConfig& config, bool no_trunc) const {
    const std::string id = no_trunc ? config.image_id : short_id(config.image_id);
    if (config.image_name.empty()) return config.image_id.empty() ? config.rootfs_path : id;
    try {
      const auto found = look_up_image(engine_, config.image_name);
      return found && found->id == config.image_id ? config.image_name : id;
    } catch (const Error& error) {
      log_debug("{}", error.what());
      return config.image_name;
    }
  }

  const Engine& engine_;
  std::map<std::pair<std::string, std::string>, std::string> known_;
};

void add_docker_members(Json& row, const ContainerSummary& container, const ContainerListRequest& request,
                        Timestamp at) {
  const auto& config = container.config;
  const std::string command = command_text(config);
  row["Command"] = go_quoted(request.no_trunc ? command : ellipsis(command, 20));
  row["ID"] = request.no_trunc ? config.id : short_id(config.id);
  row["Names"] = config.name;
  row["Ports"] = ports_text(ports_in_use(config, container.state));
  row["RunningFor"] = time_since(config.created, at);
  row["Status"] = status_text(container.state, at);
  if (request.brief) return;
  row["CreatedAt"] = local_time_text(config.created);
  row["Labels"] = labels_text(config.labels);
  row["LocalVolumes"] = std::to_string(std::count_if(config.mounts.begin(), config.mounts.end(), [](const auto& mount) {
    return mount.type == spec::MountType::volume;
  }));
  row["Mounts"] = join(mount_names(config, !request.no_trunc), ",");
  row["Networks"] = join(network_names(config), ",");
  row["State"] = std::string(wire::to_string(container.state.status));
}

std::int64_t unix_seconds(const std::string& time) {
  const auto parsed = parse_rfc3339(time);
  return parsed ? std::chrono::floor<std::chrono::seconds>(*parsed).time_since_epoch().count() : 0;
}

std::string read_namespace(std::int64_t pid, std::string_view kind) {
  try {
    return sys::read_link(format("/proc/{}/ns/{}", pid, kind)).value_or("");
  } catch (const Error&) {
    return "";  // it ended a moment ago
  }
}

void add_podman_members(Json& row, const ContainerSummary& container) {
  const auto& config = container.config;
  const auto& state = container.state;
  row["AutoRemove"] = config.auto_remove;
  row["CIDFile"] = config.cidfile;
  row["Created"] = unix_seconds(config.created);
  row["CreatedHuman"] = row["RunningFor"];
  row["ExitCode"] = state.exit_code;
  row["Exited"] = state.status == wire::ContainerStatus::exited;
  row["ExitedAt"] = unix_seconds(state.finished_at);
  row["ExposedPorts"] = config.network.expose;
  row["ImageID"] = config.image_id;
  row["IsInfra"] = false;
  row["Pid"] = state.pid;
  row["Restarts"] = state.restart_count;
  row["StartedAt"] = unix_seconds(state.started_at);
  row["HealthStatus"] = state.health;
}

// podman's names for the numbers behind /proc/PID/ns. @stage in U0: a container's processes may have ids of U0 alone
void add_namespaces(Json& row, const ContainerSummary& container, bool look) {
  constexpr std::pair<const char*, const char*> kNamespaces[] = {
      {"CGROUPNS", "cgroup"}, {"IPC", "ipc"},     {"MNT", "mnt"}, {"NET", "net"},
      {"PIDNS", "pid"},       {"USERNS", "user"}, {"UTS", "uts"}};
  Json all = Json::object();
  for (const auto& [field, kind] : kNamespaces) {
    std::string number;
    if (look && is_active(container) && container.state.pid > 0) {
      const auto link = read_namespace(container.state.pid, kind);  // "mnt:[4026531841]"
      const auto open = link.find('[');
      if (open != std::string::npos) number = link.substr(open + 1, link.size() - open - 2);
    }
    row[field] = number;
    if (!number.empty()) all[field] = number;
  }
  row["Namespaces"] = std::move(all);
}

// What its image was made for.
class Platforms {
 public:
  explicit Platforms(const Engine& engine) : engine_(engine) {}
  const std::string& of(const std::string& image_id) {
    const auto [entry, is_new] = known_.try_emplace(image_id);
    if (!is_new || image_id.empty()) return entry->second;
    try {
      const auto config = engine_.images.config(image_id);
      entry->second = spec::Platform{config.os, config.architecture, config.variant}.str();
    } catch (const Error& error) {
      log_debug("{}", error.what());
    }
    return entry->second;
  }

 private:
  const Engine& engine_;
  std::map<std::string, std::string> known_;
};

class PodNames {
 public:
  explicit PodNames(const Engine& engine) : engine_(engine) {}
  const std::string& name(const std::string& id) {
    const auto [entry, is_new] = known_.try_emplace(id);
    if (!is_new || id.empty()) return entry->second;
    try {
      entry->second = engine_.pods.get(id).name;
    } catch (const Error& error) {
      log_debug("{}", error.what());
    }
    return entry->second;
  }

 private:
  const Engine& engine_;
  std::map<std::string, std::string> known_;
};

// podman: a pod's name does too where its id is meant.
std::vector<std::string> with_pod_ids(const Engine& engine, std::vector<std::string> filters) {
  for (auto& word : filters)
    if (word.starts_with("pod="))
      if (const auto id = engine.pods.find_name(word.substr(4))) word = "pod=" + *id;
  return filters;
}

}  // namespace

ContainerSize container_size(Engine& engine, const spec::ContainerConfig& config) {
  ContainerSize size;
  const std::string written = engine.paths.container(config.id) + "/rw/diff";
  if (config.storage_driver != "vfs" && sys::exists(written))
    size.written = static_cast<std::int64_t>(sys::disk_usage(written).bytes);
  if (!config.image_id.empty() && engine.images.has(config.image_id))
    size.image = engine.images.get(config.image_id).size;
  return size;
}

std::vector<ContainerSummary> list_containers(Engine& engine, const ContainerListRequest& request,
                                              const OnDamaged& on_damaged) {
  const auto filters = parse_container_filters(with_pod_ids(engine, request.filters));
  const bool all = request.all || request.last >= 0 || filters_imply_all(filters);
  const SummaryOptions options{.with_unfinished = false,
                               .running_only = !all && !filters.has("before") && !filters.has("since"),
                               .brief = request.brief && filters.empty() && request.sort.empty(),
                               .settle = true};
  auto containers = summarize_containers(engine, options, on_damaged);
  // A holder belongs to its pod: `pod ps` counts it, `pod inspect` shows it.
  std::erase_if(containers, [](const ContainerSummary& container) { return container.config.holder; });
  if (!filters.empty()) {
    const auto matches = container_matcher(engine, filters, containers);
    std::erase_if(containers, [&](const ContainerSummary& container) { return !matches(container); });
  }
  if (!all) std::erase_if(containers, [](const ContainerSummary& container) { return !is_active(container); });
  std::sort(containers.begin(), containers.end(), is_newer);
  if (request.last >= 0 && containers.size() > static_cast<std::size_t>(request.last))
    containers.resize(static_cast<std::size_t>(request.last));
  if (request.sort == "size") {
    engine.enter_userns();
    std::map<std::string, std::int64_t> sizes;
    for (const auto& container : containers)
      sizes[container.config.id] = container_size(engine, container.config).written;
    std::stable_sort(containers.begin(), containers.end(), [&](const ContainerSummary& a, const ContainerSummary& b) {
      return sizes[a.config.id] < sizes[b.config.id];
    });
  } else if (!request.sort.empty()) {
    std::stable_sort(containers.begin(), containers.end(), order_by(request.sort));
  }
  return containers;
}

std::vector<Json> container_rows(Engine& engine, const std::vector<ContainerSummary>& containers,
                                 const ContainerListRequest& request) {
  if (request.size || request.namespaces) engine.enter_userns();
  const Timestamp at = now();
  ImageNames images(engine);
  Platforms platforms(engine);
  PodNames pods(engine);
  std::vector<Json> rows;
  rows.reserve(containers.size());
  for (const auto& container : containers) {
    Json row;
    add_docker_members(row, container, request, at);
    row["Image"] = images.shown(container.config, request.no_trunc);
    row["Size"] = "0B";
    if (request.size) {
      const auto size = container_size(engine, container.config);
      row["Size"] = format("{} (virtual {})", size_text(size.written), size_text(size.written + size.image));
    }
    if (!request.brief) {
      add_podman_members(row, container);
      row["Pod"] = request.no_trunc ? container.config.pod_id : short_id(container.config.pod_id);
      row["PodName"] = pods.name(container.config.pod_id);
      add_namespaces(row, container, request.namespaces);
      row["Platform"] = platforms.of(container.config.image_id);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace lichen::engine
