#include "libpod/engine/container_summary.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/record_scan.hh"
#include "libpod/sys/io.hh"

namespace lichen::engine {
namespace {

constexpr std::string_view kMembers[] = {
    "version",    "id",      "name",    "created", "image_id",      "image_name", "rootfs_path", "labels",
    "entrypoint", "command", "mounts",  "network", "auto_remove",   "restart",    "healthcheck", "storage_driver",
    "pod_id",     "cidfile", "secrets", "holder",  "init_container"};

constexpr std::string_view kBriefMembers[] = {"version",    "id",          "name",       "created", "image_id",
                                              "image_name", "rootfs_path", "entrypoint", "command", "storage_driver",
                                              "holder"};

// By hand: container_config_from_json looks for every member there is, and that is what `ps -a` of 1000 containers
// would spend its time on.
spec::ContainerConfig read_brief(const store::Paths& paths, const std::string& id) {
  const std::string path = paths.container(id) + "/config.json";
  const Json json = pick_members(sys::read_file(path), path, kBriefMembers);
  const auto text = [&](const char* key, std::string& value) {
    const auto found = json.find(key);
    if (found != json.end()) value = found->get_ref<const std::string&>();
  };
  const auto words = [&](const char* key, std::vector<std::string>& value) {
    const auto found = json.find(key);
    if (found == json.end()) return;
    for (const auto& word : *found) value.push_back(word.get_ref<const std::string&>());
  };
  spec::ContainerConfig config;
  try {
    if (json.at("version").get<int>() != 1)
      throw_error(ErrorKind::invalid, "{}: its format is not known to this lichen", path);
    text("id", config.id);
    text("name", config.name);
    text("created", config.created);
    text("image_id", config.image_id);
    text("image_name", config.image_name);
    text("rootfs_path", config.rootfs_path);
    text("storage_driver", config.storage_driver);
    words("entrypoint", config.entrypoint);
    words("command", config.command);
    config.holder = json.value("holder", false);
  } catch (const nlohmann::json::exception&) {
    throw_error(ErrorKind::invalid, "{}: damaged: a member has the wrong type", path);
  }
  if (config.id != id) throw_error(ErrorKind::invalid, "{}: it is the record of another container", path);
  return config;
}

spec::ContainerConfig read_summary(const store::Paths& paths, const std::string& id) {
  const std::string path = paths.container(id) + "/config.json";
  auto config = spec::container_config_from_json(pick_members(sys::read_file(path), path, kMembers), path);
  if (config.id != id) throw_error(ErrorKind::invalid, "{}: it is the record of container {}", path, config.id);
  return config;
}

bool says_alive(const wire::ContainerState& state) {
  return state.status != wire::ContainerStatus::created && state.status != wire::ContainerStatus::exited;
}

// As ContainerStore::load_state, with one system call less for the usual case.
wire::ContainerState read_state(const Engine& engine, const std::string& id) {
  const std::string path = engine.paths.container(id) + "/state.json";
  const auto text = sys::read_file_if_exists(path);
  return text ? wire::container_state_from_json(parse_json(*text, path), "state.json")
              : engine.containers.load_state(id);
}

std::optional<ContainerSummary> summarize(Engine& engine, const std::string& id, const SummaryOptions& options) {
  ContainerSummary summary;
  summary.state = read_state(engine, id);
  if (says_alive(summary.state)) {
    summary.monitor_alive = engine.containers.is_monitor_alive(id);
    if (!summary.monitor_alive)
      summary.state = engine.containers.load_state(id);  // its last words may have come between
    if (summary.is_lost() && options.settle) summary.state = load_container(engine, id).state;
  }
  if (options.running_only && !is_active(summary)) return std::nullopt;
  summary.config = options.brief && !is_active(summary) ? read_brief(engine.paths, id) : read_summary(engine.paths, id);
  return summary;
}

}  // namespace

std::vector<ContainerSummary> summarize_containers(Engine& engine, const SummaryOptions& options,
                                                   const OnDamaged& on_damaged) {
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
  return summarize_containers(engine, {.with_unfinished = true, .running_only = false, .brief = false, .settle = false},
                              [](const std::string& id, const Error& error) {
                                log_debug("container {}: {}", id,
                                          error.what());  // it names nothing that could be protected
                              });
}

bool is_active(const ContainerSummary& container) { return wire::is_active(container.state.status); }

}  // namespace lichen::engine
