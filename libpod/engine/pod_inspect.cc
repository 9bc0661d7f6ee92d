// lichen pod inspect: podman's members.
#include "libpod/base/id.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/container_status.hh"
#include "libpod/engine/pod_list.hh"
#include "libpod/spec/options.hh"
#include "libpod/spec/resources.hh"

namespace lichen::engine {
namespace {

Json port_bindings(const spec::NetworkConfig& network) {
  Json ports = Json::object();
  for (const auto& port : network.ports)
    ports[format("{}/{}", port.container_port, port.protocol)].push_back(
        {{"HostIp", port.host_ip}, {"HostPort", std::to_string(port.host_port)}});
  return ports;
}

Json network_options(const spec::NetworkConfig& network) {
  Json options = Json::object();
  if (!network.options.empty()) options[network.mode] = network.options;
  return options;
}

std::int64_t quota(const spec::ResourceConfig& r) { return r.nano_cpus ? *r.nano_cpus / 10'000 : 0; }

Json holder_config(const spec::PodConfig& pod) {
  const auto& settings = pod.settings;
  const auto& network = settings.network;
  Json hosts = Json::array();
  for (const auto& [name, address] : network.extra_hosts) hosts.push_back(name + ":" + address);
  Json json;
  json["PortBindings"] = port_bindings(network);
  json["HostNetwork"] = network.mode == "host";
  json["StaticIP"] = network.endpoints.empty() ? "" : network.endpoints[0].ip;
  json["StaticMAC"] = network.endpoints.empty() ? "" : network.endpoints[0].mac;
  json["NoManageResolvConf"] = false;
  json["DNSServer"] = network.dns;
  json["DNSSearch"] = network.dns_search;
  json["DNSOption"] = network.dns_options;
  json["NoManageHostname"] = settings.no_hostname_file;
  json["NoManageHosts"] = network.no_hosts;
  json["HostAdd"] = std::move(hosts);
  json["HostsFile"] = "";
  json["Networks"] = network_names(settings);
  json["NetworkOptions"] = network_options(network);
  json["cpu_period"] = settings.resources.nano_cpus ? 100'000 : 0;
  json["cpu_quota"] = quota(settings.resources);
  json["cpuset_cpus"] = settings.resources.cpuset_cpus;
  json["pid_ns"] = settings.pid_mode.empty() ? "private" : settings.pid_mode;
  json["userns"] = settings.userns.empty() ? "host" : settings.userns;
  json["uts_ns"] = settings.uts_mode.empty() ? "private" : settings.uts_mode;
  return json;
}

Json mounts_of(const Engine& engine, const spec::ContainerConfig& settings) {
  Json mounts = Json::array();
  for (const auto& mount : settings.mounts) {
    const bool is_volume = mount.type == spec::MountType::volume;
    const bool is_tmpfs = mount.type == spec::MountType::tmpfs;
    mounts.push_back({{"Type", is_volume  ? "volume"
                               : is_tmpfs ? "tmpfs"
                                          : "bind"},
                      {"Name", is_volume ? mount.source : ""},
                      {"Source", is_volume ? engine.volumes.data_path(mount.source) : mount.source},
                      {"Destination", mount.destination},
                      {"Driver", is_volume ? "local" : ""},
                      {"Mode", ""},
                      {"Options", mount.options},
                      {"RW", !mount.read_only},
                      {"Propagation", mount.propagation.empty() ? "rprivate" : mount.propagation},
                      {"SubPath", mount.subpath}});
  }
  return mounts;
}

Json devices_of(const spec::ContainerConfig& settings) {
  Json devices = Json::array();
  for (const auto& device : settings.devices)
    devices.push_back({{"PathOnHost", device.host_path},
                       {"PathInContainer", device.container_path},
                       {"CgroupPermissions", device.permissions}});
  return devices;
}

void add_limits(const spec::ResourceConfig& limits, Json& json) {
  json["cpu_period"] = limits.nano_cpus ? 100'000 : 0;
  json["cpu_quota"] = quota(limits);
  json["cpu_shares"] = limits.cpu_shares.value_or(0);
  json["cpuset_cpus"] = limits.cpuset_cpus;
  json["cpuset_mems"] = limits.cpuset_mems;
  json["memory_limit"] = limits.memory_bytes.value_or(0);
  json["memory_swap"] = spec::effective_memory_swap(limits).value_or(0);
  json["blkio_weight"] = limits.blkio_weight.value_or(0);
  for (const char* member : {"blkio_weight_device", "device_read_bps", "device_write_bps"})
    json[member] = Json::array();
}

}  // namespace

Json inspect_pod(Engine& engine, const std::string& name_or_id) {
  const Pod pod = load_pod(engine, name_or_id);
  const auto& config = pod.config;
  Json json;
  json["Id"] = config.id;
  json["Name"] = config.name;
  json["Namespace"] = "";
  json["Created"] = config.created;
  json["CreateCommand"] = config.create_command;
  json["ExitPolicy"] = config.exit_policy;
  json["State"] = std::string(pod.state());
  json["Hostname"] = config.settings.hostname;
  json["Labels"] = config.labels;
  json["CreateCgroup"] = spec::has_limits(config);
  json["CgroupParent"] = config.settings.cgroup_parent;
  json["CgroupPath"] = spec::pod_cgroup(config);
  json["CreateInfra"] = config.has_holder();
  json["InfraContainerID"] = config.holder_id;
  json["InfraConfig"] = config.has_holder() ? holder_config(config) : Json();
  json["SharedNamespaces"] = config.has_holder() ? config.shared : std::vector<std::string>{};
  json["NumContainers"] = pod.containers.size();
  json["Containers"] = Json::array();
  for (const auto& container : pod.containers)
    json["Containers"].push_back({{"Id", container.config.id},
                                  {"Name", container.config.name},
                                  {"State", std::string(wire::to_string(container.state.status))}});
  add_limits(config.settings.resources, json);
  json["mounts"] = mounts_of(engine, config.settings);
  json["devices"] = devices_of(config.settings);
  json["volumes_from"] = config.settings.volumes_from;
  json["security_opt"] = config.settings.security_opt;
  json["RestartPolicy"] = std::string(spec::to_string(config.settings.restart));
  json["LockNumber"] = 0;
  return json;
}

}  // namespace lichen::engine
