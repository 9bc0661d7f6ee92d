#include "libpod/engine/container_inspect.hh"

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/container_health.hh"
#include "libpod/engine/container_list.hh"
#include "libpod/engine/container_status.hh"
#include "libpod/engine/inspect_parts.hh"
#include "libpod/engine/network_settings.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/spec/capabilities.hh"
#include "libpod/sys/fs.hh"

namespace lichen::engine {
namespace {

using spec::ContainerConfig;
using wire::ContainerStatus;

std::string time_or_zero(const std::string& time) { return time.empty() ? std::string(kZeroTime) : time; }

Json state_object(const wire::ContainerState& state) {
  const bool paused = state.status == ContainerStatus::paused;
  const bool restarting = state.status == ContainerStatus::restarting;
  const bool running = wire::is_active(state.status);
  Json out;
  out["Status"] = std::string(wire::to_string(state.status));
  out["Running"] = running;
  out["Paused"] = paused;
  out["Restarting"] = restarting;
  out["OOMKilled"] = state.oom_killed;
  out["Dead"] = false;
  out["Pid"] = running ? state.pid : 0;
  out["ConmonPid"] = running ? state.monitor_pid : 0;
  out["ExitCode"] = state.exit_code;
  out["Error"] = state.error;
  out["StartedAt"] = time_or_zero(state.started_at);
  out["FinishedAt"] = time_or_zero(running && state.restart_count == 0 ? "" : state.finished_at);
  out["StoppedByUser"] = state.stopped_by_user;
  return out;
}

std::string hostname_of(const ContainerConfig& config) {
  return config.hostname.empty() ? short_id(config.id) : config.hostname;
}

Json secrets_array(const ContainerConfig& config) {
  Json list = Json::array();
  for (const auto& secret : config.secrets)
    list.push_back({{"Name", secret.name},
                    {"ID", secret.id},
                    {"UID", secret.uid},
                    {"GID", secret.gid},
                    {"Mode", secret.mode},
                    {"Target", secret.target}});
  return list;
}

Json config_object(const ContainerConfig& config) {
  Json out;
  out["Hostname"] = hostname_of(config);
  out["Domainname"] = config.domainname;
  out["User"] = config.user;
  out["AttachStdin"] = config.attach_stdin;
  out["AttachStdout"] = config.attach_stdout;
  out["AttachStderr"] = config.attach_stderr;
  out["ExposedPorts"] = set_object(config.network.expose);
  out["Tty"] = config.tty;
  out["OpenStdin"] = config.interactive;
  out["StdinOnce"] = config.interactive && config.attach_stdin;
  out["Env"] = config.env;
  out["Cmd"] = list_or_null(config.command);
  if (config.healthcheck) out["Healthcheck"] = health_object(*config.healthcheck);
  if (config.startup_healthcheck) {
    out["StartupHealthCheck"] = health_object(*config.startup_healthcheck);
    if (config.startup_successes != 0) out["StartupHealthCheck"]["Successes"] = config.startup_successes;
  }
  out["Image"] = config.image_name;
  std::vector<std::string> volumes;
  for (const auto& mount : config.mounts)
    if (mount.anonymous) volumes.push_back(mount.destination);
  out["Volumes"] = set_object(volumes);
  out["WorkingDir"] = config.working_dir;
  out["Entrypoint"] = list_or_null(config.entrypoint);
  out["OnBuild"] = nullptr;
  out["Labels"] = string_map(config.labels);
  out["StopSignal"] = config.stop_signal;
  out["StopTimeout"] = config.stop_timeout_s;
  out["Timeout"] = config.timeout_s;
  out["Annotations"] = string_map(config.annotations);
  out["CreateCommand"] = config.create_command;
  out["Timezone"] = config.timezone;
  out["Umask"] = config.umask;
  if (!config.secrets.empty()) out["Secrets"] = secrets_array(config);
  return out;
}

Json mounts_array(const Engine& engine, const ContainerConfig& config) {
  Json list = Json::array();
  for (const auto& mount : config.mounts) {
    Json out;
    const bool is_volume = mount.type == spec::MountType::volume;
    out["Type"] = is_volume ? "volume" : mount.type == spec::MountType::bind ? "bind" : "tmpfs";
    if (is_volume) out["Name"] = mount.source;
    out["Source"] = is_volume ? engine.volumes.data_path(mount.source) : mount.source;
    out["Destination"] = mount.destination;
    if (is_volume) out["Driver"] = "local";
    out["Mode"] = mount.relabel == "shared" ? "z" : mount.relabel == "private" ? "Z" : join(mount.options, ",");
    out["Options"] = mount.options;
    out["RW"] = !mount.read_only;
    out["Propagation"] =
        mount.type == spec::MountType::bind ? (mount.propagation.empty() ? "rprivate" : mount.propagation) : "";
    if (!mount.subpath.empty()) out["SubPath"] = mount.subpath;
    list.push_back(std::move(out));
  }
  return list;
}

Json graph_object(const Engine& engine, const ContainerConfig& config) {
  const std::string directory = engine.paths.container(config.id);
  Json data = Json::object();
  if (config.rootfs_path.empty()) {
    try {
      data["LowerDir"] = join(layer_directories(engine, config.image_id), ":");
    } catch (const Error& error) {
      log_debug("{}", error.what());  // a layer is missing: system check says so
    }
    data["MergedDir"] = directory + "/rootfs";
    data["UpperDir"] = directory + "/rw/diff";
    data["WorkDir"] = directory + "/rw/work";
  }
  return Json{{"Name", config.storage_driver}, {"Data", std::move(data)}};
}

void add_paths(Json& out, const Engine& engine, const ContainerConfig& config) {
  const std::string directory = engine.paths.container(config.id);
  const std::string run = engine.paths.container_run(config.id);
  const auto if_there = [](const std::string& path) { return sys::exists(path) ? path : std::string(); };
  out["ResolvConfPath"] = if_there(run + "/resolv.conf");
  out["HostnamePath"] = if_there(run + "/hostname");
  out["HostsPath"] = if_there(run + "/hosts");
  const auto given = config.log.options.find("path");
  out["LogPath"] = config.log.driver == "none"         ? ""
                   : given != config.log.options.end() ? given->second
                                                       : directory + "/ctr.log";
  out["OCIConfigPath"] = if_there(run + "/config.json");
  out["StaticDir"] = directory;
}

void add_podman_members(Json& out, const Engine& engine, const ContainerConfig& config) {
  const auto& runtime = config.runtime.empty() ? engine.settings.runtime : config.runtime;
  const auto capabilities = spec::compute_capabilities(config.cap_add, config.cap_drop, config.privileged);
  out["ImageName"] = config.image_name;
  out["Rootfs"] = config.rootfs_path;
  out["Pod"] = config.pod_id;
  out["OCIRuntime"] = runtime.empty() ? "lichen-oci" : runtime;
  out["PidFile"] = config.pidfile;
  out["EffectiveCaps"] = capabilities;
  out["BoundingCaps"] = capabilities;
  out["IsInfra"] = config.holder;
  out["Namespace"] = "";
  out["Dependencies"] = Json::array();
}

}  // namespace

Json inspect_container(Engine& engine, const std::string& name_or_id, bool size) {
  const auto record = find_container(engine, name_or_id);
  const ContainerConfig& config = record.config;
  std::vector<std::string> line = config.entrypoint;
  line.insert(line.end(), config.command.begin(), config.command.end());
  Json out;
  out["Id"] = config.id;
  out["Created"] = config.created;
  out["Path"] = line.empty() ? "" : line[0];
  out["Args"] = std::vector<std::string>(line.begin() + (line.empty() ? 0 : 1), line.end());
  out["State"] = state_object(record.state);
  if (Json health = health_state_object(engine, record); !health.is_null()) out["State"]["Health"] = std::move(health);
  out["Image"] = config.image_id.empty() ? "" : "sha256:" + config.image_id;
  add_paths(out, engine, config);
  out["Name"] = "/" + config.name;
  out["RestartCount"] = record.state.restart_count;
  out["Driver"] = config.storage_driver;
  out["Platform"] = "linux";
  out["MountLabel"] = "";
  out["ProcessLabel"] = "";
  out["AppArmorProfile"] = config.apparmor_profile;
  out["ExecIDs"] = nullptr;
  out["HostConfig"] = host_config_object(config);
  out["GraphDriver"] = graph_object(engine, config);
  if (size) {
    engine.enter_userns();
    const auto bytes = container_size(engine, config);
    out["SizeRw"] = bytes.written;
    out["SizeRootFs"] = bytes.written + bytes.image;
  }
  out["Mounts"] = mounts_array(engine, config);
  out["Config"] = config_object(config);
  out["NetworkSettings"] = network_settings_object(engine, config, record.state);
  add_podman_members(out, engine, config);
  return out;
}

}  // namespace lichen::engine
