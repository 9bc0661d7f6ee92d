// HostConfig of a container's inspect document: what was asked of the host. Declared in container_inspect.hh.
#include "libpod/base/strings.hh"
#include "libpod/engine/container_inspect.hh"
#include "libpod/engine/inspect_parts.hh"
#include "libpod/spec/generate.hh"
#include "libpod/spec/network_mode.hh"
#include "libpod/spec/ports.hh"
#include "libpod/spec/resources.hh"
#include "libpod/spec/userns_maps.hh"

namespace lichen::engine {
namespace {

using spec::ContainerConfig;
using spec::MountConfig;
using spec::MountType;

Json binds(const ContainerConfig& config) {
  Json list = Json::array();
  for (const MountConfig& mount : config.mounts) {
    if (mount.type == MountType::tmpfs || mount.anonymous) continue;
    std::vector<std::string> options{mount.read_only ? "ro" : "rw"};
    if (!mount.propagation.empty()) options.push_back(mount.propagation);
    options.insert(options.end(), mount.options.begin(), mount.options.end());
    list.push_back(mount.source + ":" + mount.destination + ":" + join(options, ","));
  }
  return list.empty() ? Json(nullptr) : list;
}

Json tmpfs_object(const ContainerConfig& config) {
  Json out = Json::object();
  for (const MountConfig& mount : config.mounts) {
    if (mount.type != MountType::tmpfs) continue;
    std::vector<std::string> options = mount.options;
    if (mount.read_only) options.insert(options.begin(), "ro");
    if (mount.tmpfs_size) options.push_back(format("size={}", *mount.tmpfs_size));
    if (mount.tmpfs_mode) options.push_back(format("mode={:o}", *mount.tmpfs_mode));
    out[mount.destination] = join(options, ",");
  }
  return out;
}

Json port_bindings(const ContainerConfig& config) {
  Json out = Json::object();
  for (const auto& port : config.network.ports) {
    Json& list = out[format("{}/{}", port.container_port, port.protocol)];
    list.push_back(Json{{"HostIp", port.host_ip}, {"HostPort", spec::host_port_text(port)}});
  }
  return out;
}

Json devices(const ContainerConfig& config) {
  Json list = Json::array();
  for (const auto& device : config.devices)
    list.push_back(Json{{"PathOnHost", device.host_path},
                        {"PathInContainer", device.container_path},
                        {"CgroupPermissions", device.permissions}});
  return list;
}

// docker's client leaves Capabilities and Options out for names of CDI.
Json device_requests(const ContainerConfig& config) {
  if (config.device_requests.empty()) return nullptr;
  Json list = Json::array();
  for (const auto& request : config.device_requests) {
    const bool has_capabilities = !request.capabilities.empty();
    list.push_back(Json{{"Driver", request.driver},
                        {"Count", request.count},
                        {"DeviceIDs", list_or_null(request.ids)},
                        {"Capabilities", has_capabilities ? Json::array({request.capabilities}) : Json(nullptr)},
                        {"Options", has_capabilities ? Json::object() : Json(nullptr)}});
  }
  return list;
}

Json ulimits(const ContainerConfig& config) {
  Json list = Json::array();
  for (const auto& limit : config.ulimits)
    list.push_back(Json{{"Name", limit.name}, {"Hard", limit.hard}, {"Soft", limit.soft}});
  return list;
}

Json extra_hosts(const ContainerConfig& config) {
  Json list = Json::array();
  for (const auto& [name, address] : config.network.extra_hosts) list.push_back(name + ":" + address);
  return list;
}

Json device_limits(const std::vector<spec::DeviceLimit>& limits, const char* value) {
  Json list = Json::array();
  for (const auto& limit : limits) list.push_back(Json{{"Path", limit.path}, {value, limit.value}});
  return list;
}

void add_resources(Json& out, const ContainerConfig& config) {
  const auto& limits = config.resources;
  out["CpuShares"] = limits.cpu_shares.value_or(0);
  out["Memory"] = limits.memory_bytes.value_or(0);
  out["NanoCpus"] = limits.nano_cpus.value_or(0);
  out["CgroupParent"] = config.cgroup_parent;
  out["Cgroups"] = config.no_cgroup ? "disabled" : "default";
  out["BlkioWeight"] = limits.blkio_weight.value_or(0);
  out["BlkioWeightDevice"] = device_limits(limits.weight_devices, "Weight");
  out["BlkioDeviceReadBps"] = device_limits(limits.read_bps, "Rate");
  out["BlkioDeviceWriteBps"] = device_limits(limits.write_bps, "Rate");
  out["BlkioDeviceReadIOps"] = device_limits(limits.read_iops, "Rate");
  out["BlkioDeviceWriteIOps"] = device_limits(limits.write_iops, "Rate");
  out["CpuPeriod"] = limits.cpu_period_us.value_or(0);
  out["CpuQuota"] = limits.cpu_quota_us.value_or(0);
  out["CpuRealtimePeriod"] = limits.rt_period_us.value_or(0);
  out["CpuRealtimeRuntime"] = limits.rt_runtime_us.value_or(0);
  out["CpusetCpus"] = limits.cpuset_cpus;
  out["CpusetMems"] = limits.cpuset_mems;
  out["Devices"] = devices(config);
  out["DeviceCgroupRules"] = list_or_null(config.device_cgroup_rules);
  out["DeviceRequests"] = device_requests(config);
  out["KernelMemory"] = limits.kernel_memory_bytes.value_or(0);
  out["MemoryReservation"] = limits.memory_reservation_bytes.value_or(0);
  out["MemorySwap"] = spec::effective_memory_swap(limits).value_or(0);
  out["MemorySwappiness"] = limits.memory_swappiness ? Json(*limits.memory_swappiness) : Json(nullptr);
  out["OomKillDisable"] = limits.oom_kill_disable;
  out["PidsLimit"] = limits.pids_limit ? Json(*limits.pids_limit) : Json(nullptr);
  out["Ulimits"] = ulimits(config);
  out["CpuCount"] = 0;
  out["CpuPercent"] = 0;
  out["IOMaximumIOps"] = 0;
  out["IOMaximumBandwidth"] = 0;
}

void add_security(Json& out, const ContainerConfig& config) {
  const auto mode = [](const std::string& given) { return given.empty() ? std::string("private") : given; };
  out["CapAdd"] = list_or_null(config.cap_add);
  out["CapDrop"] = list_or_null(config.cap_drop);
  out["CgroupnsMode"] = mode(config.cgroupns_mode);
  out["GroupAdd"] = list_or_null(config.groups);
  out["IpcMode"] = mode(config.ipc_mode);
  out["Cgroup"] = "";
  out["OomScoreAdj"] = config.oom_score_adj.value_or(0);
  out["PidMode"] = config.pid_mode;
  out["Privileged"] = config.privileged;
  out["ReadonlyRootfs"] = config.read_only;
  out["SecurityOpt"] = list_or_null(config.security_opt);
  out["UTSMode"] = config.uts_mode;
  out["UsernsMode"] = config.userns;
  if (!config.uid_map.empty())
    out["IDMappings"] =
        Json{{"UidMap", spec::id_map_texts(config.uid_map)}, {"GidMap", spec::id_map_texts(config.gid_map)}};
  out["Sysctls"] = string_map(config.sysctls);
  const bool all = config.privileged || config.unmask == std::vector<std::string>{"ALL"};
  out["MaskedPaths"] = all ? Json(nullptr) : Json(spec::default_masked_paths());
  out["ReadonlyPaths"] = all ? Json(nullptr) : Json(spec::default_readonly_paths());
}

}  // namespace

Json host_config_object(const ContainerConfig& config) {
  const auto& network = config.network;
  Json out;
  out["Binds"] = binds(config);
  out["ContainerIDFile"] = config.cidfile;
  out["LogConfig"] = Json{{"Type", config.log.driver}, {"Config", string_map(config.log.options)}};
  out["NetworkMode"] = spec::format_network_option(network);
  out["PortBindings"] = port_bindings(config);
  out["RestartPolicy"] =
      Json{{"Name", std::string(spec::to_string(config.restart))}, {"MaximumRetryCount", config.restart_max_retries}};
  out["AutoRemove"] = config.auto_remove;
  out["VolumeDriver"] = "";
  out["VolumesFrom"] = list_or_null(config.volumes_from);
  out["ConsoleSize"] = Json::array({0, 0});
  out["Annotations"] = string_map(config.annotations);
  out["Dns"] = network.dns;
  out["DnsOptions"] = network.dns_options;
  out["DnsSearch"] = network.dns_search;
  out["ExtraHosts"] = extra_hosts(config);
  out["Links"] = nullptr;
  out["PublishAllPorts"] = network.publish_all;
  out["StorageOpt"] = Json::object();
  out["Tmpfs"] = tmpfs_object(config);
  out["ShmSize"] = config.shm_size_bytes;
  out["Runtime"] = config.runtime.empty() ? "lichen-oci" : config.runtime;
  out["Isolation"] = "";
  out["Init"] = config.init;
  add_security(out, config);
  add_resources(out, config);
  return out;
}

}  // namespace lichen::engine
