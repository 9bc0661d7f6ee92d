// OciSpec -> JSON. Members come in the order of the specification's chapters, absent and empty ones are left out, so
// that a spec.json is short enough to be read by a person.
#include "libpod/spec/oci_spec.hh"

namespace lichen::spec {
namespace {

void put(Json& object, const char* key, const std::string& value) {
  if (!value.empty()) object[key] = value;
}

void put(Json& object, const char* key, const std::vector<std::string>& value) {
  if (!value.empty()) object[key] = value;
}

void put(Json& object, const char* key, const std::map<std::string, std::string>& value) {
  if (value.empty()) return;
  Json& member = object[key] = Json::object();
  for (const auto& [name, text] : value) member[name] = text;
}

template <typename T>
void put(Json& object, const char* key, const std::optional<T>& value) {
  if (value) object[key] = *value;
}

void put_true(Json& object, const char* key, bool value) {
  if (value) object[key] = true;
}

void put_json(Json& object, const char* key, const Json& value) {
  if (!value.is_null()) object[key] = value;
}

// A list of structs through the given writer; nothing for an empty list.
template <typename T, typename Writer>
void put_list(Json& object, const char* key, const std::vector<T>& values, Writer write) {
  if (values.empty()) return;
  Json& list = object[key] = Json::array();
  for (const T& value : values) list.push_back(write(value));
}

Json write_mapping(const OciIdMapping& mapping) {
  return {{"containerID", mapping.container_id}, {"hostID", mapping.host_id}, {"size", mapping.size}};
}

Json write_user(const OciUser& user) {
  Json json = {{"uid", user.uid}, {"gid", user.gid}};
  put(json, "umask", user.umask);
  if (!user.additional_gids.empty()) json["additionalGids"] = user.additional_gids;
  return json;
}

// All five members even when empty: crun and runc read an absent set as empty, but a reader should see what is dropped.
Json write_capabilities(const OciCapabilities& capabilities) {
  return {{"bounding", capabilities.bounding},
          {"effective", capabilities.effective},
          {"inheritable", capabilities.inheritable},
          {"permitted", capabilities.permitted},
          {"ambient", capabilities.ambient}};
}

Json write_rlimit(const OciRlimit& limit) { return {{"type", limit.type}, {"hard", limit.hard}, {"soft", limit.soft}}; }

Json write_mount(const OciMount& mount) {
  Json json = {{"destination", mount.destination}};
  put(json, "type", mount.type);
  put(json, "source", mount.source);
  put(json, "options", mount.options);
  put_list(json, "uidMappings", mount.uid_mappings, write_mapping);
  put_list(json, "gidMappings", mount.gid_mappings, write_mapping);
  return json;
}

Json write_hook(const OciHook& hook) {
  Json json = {{"path", hook.path}};
  put(json, "args", hook.args);
  put(json, "env", hook.env);
  put(json, "timeout", hook.timeout_s);
  return json;
}

Json write_hooks(const OciHooks& hooks) {
  Json json = Json::object();
  put_list(json, "prestart", hooks.prestart, write_hook);
  put_list(json, "createRuntime", hooks.create_runtime, write_hook);
  put_list(json, "createContainer", hooks.create_container, write_hook);
  put_list(json, "startContainer", hooks.start_container, write_hook);
  put_list(json, "poststart", hooks.poststart, write_hook);
  put_list(json, "poststop", hooks.poststop, write_hook);
  return json;
}

Json write_namespace(const OciNamespace& entry) {
  Json json = {{"type", entry.type}};
  put(json, "path", entry.path);
  return json;
}

Json write_device(const OciDevice& device) {
  Json json = {{"path", device.path}, {"type", std::string(1, device.type)}};
  if (device.type != 'p') {
    json["major"] = device.major;
    json["minor"] = device.minor;
  }
  put(json, "fileMode", device.file_mode);
  put(json, "uid", device.uid);
  put(json, "gid", device.gid);
  return json;
}

Json write_device_rule(const OciDeviceRule& rule) {
  Json json = {{"allow", rule.allow}};
  put(json, "type", rule.type);
  put(json, "major", rule.major);
  put(json, "minor", rule.minor);
  put(json, "access", rule.access);
  return json;
}

Json write_memory(const OciMemory& memory) {
  Json json = Json::object();
  put(json, "limit", memory.limit);
  put(json, "reservation", memory.reservation);
  put(json, "swap", memory.swap);
  put(json, "kernel", memory.kernel);
  put(json, "kernelTCP", memory.kernel_tcp);
  put(json, "swappiness", memory.swappiness);
  put(json, "disableOOMKiller", memory.disable_oom_killer);
  put(json, "useHierarchy", memory.use_hierarchy);
  put(json, "checkBeforeUpdate", memory.check_before_update);
  return json;
}

Json write_cpu(const OciCpu& cpu) {
  Json json = Json::object();
  put(json, "shares", cpu.shares);
  put(json, "quota", cpu.quota);
  put(json, "burst", cpu.burst);
  put(json, "period", cpu.period);
  put(json, "realtimeRuntime", cpu.realtime_runtime);
  put(json, "realtimePeriod", cpu.realtime_period);
  put(json, "idle", cpu.idle);
  put(json, "cpus", cpu.cpus);
  put(json, "mems", cpu.mems);
  return json;
}

Json write_throttle(const OciThrottleDevice& device) {
  return {{"major", device.major}, {"minor", device.minor}, {"rate", device.rate}};
}

Json write_weight(const OciWeightDevice& device) {
  Json json = {{"major", device.major}, {"minor", device.minor}};
  put(json, "weight", device.weight);
  put(json, "leafWeight", device.leaf_weight);
  return json;
}

Json write_block_io(const OciBlockIo& block) {
  Json json = Json::object();
  put(json, "weight", block.weight);
  put(json, "leafWeight", block.leaf_weight);
  put_list(json, "weightDevice", block.weight_device, write_weight);
  put_list(json, "throttleReadBpsDevice", block.throttle_read_bps, write_throttle);
  put_list(json, "throttleWriteBpsDevice", block.throttle_write_bps, write_throttle);
  put_list(json, "throttleReadIOPSDevice", block.throttle_read_iops, write_throttle);
  put_list(json, "throttleWriteIOPSDevice", block.throttle_write_iops, write_throttle);
  return json;
}

Json write_network(const OciResources& resources) {
  Json json = Json::object();
  put(json, "classID", resources.network_class_id);
  put_list(json, "priorities", resources.network_priorities, [](const OciInterfacePriority& row) {
    return Json{{"name", row.name}, {"priority", row.priority}};
  });
  return json;
}

Json write_seccomp_arg(const SeccompArg& arg) {
  Json json = {{"index", arg.index}, {"value", arg.value}};
  if (arg.value_two != 0) json["valueTwo"] = arg.value_two;
  json["op"] = arg.op;
  return json;
}

Json write_seccomp_rule(const SeccompRule& rule) {
  Json json = {{"names", rule.names}, {"action", rule.action}};
  put(json, "errnoRet", rule.errno_ret);
  put_list(json, "args", rule.args, write_seccomp_arg);
  return json;
}

Json write_linux(const OciLinux& linux_section) {
  Json json = Json::object();
  put_list(json, "namespaces", linux_section.namespaces, write_namespace);
  put_list(json, "uidMappings", linux_section.uid_mappings, write_mapping);
  put_list(json, "gidMappings", linux_section.gid_mappings, write_mapping);
  for (const auto& [clock, offset] : linux_section.time_offsets)
    json["timeOffsets"][clock] = {{"secs", offset.secs}, {"nanosecs", offset.nanosecs}};
  put_list(json, "devices", linux_section.devices, write_device);
  put(json, "cgroupsPath", linux_section.cgroups_path);
  if (linux_section.resources) {
    Json resources = to_json(*linux_section.resources);
    if (!resources.empty()) json["resources"] = std::move(resources);
  }
  put_json(json, "intelRdt", linux_section.intel_rdt);
  put(json, "sysctl", linux_section.sysctl);
  if (linux_section.seccomp) json["seccomp"] = to_json(*linux_section.seccomp);
  put(json, "rootfsPropagation", linux_section.rootfs_propagation);
  put(json, "maskedPaths", linux_section.masked_paths);
  put(json, "readonlyPaths", linux_section.readonly_paths);
  put(json, "mountLabel", linux_section.mount_label);
  if (linux_section.personality) {
    Json& personality = json["personality"] = {{"domain", linux_section.personality->domain}};
    put(personality, "flags", linux_section.personality->flags);
  }
  return json;
}

}  // namespace

Json to_json(const OciResources& resources) {
  Json json = Json::object();
  put_list(json, "devices", resources.devices, write_device_rule);
  if (resources.memory) json["memory"] = write_memory(*resources.memory);
  if (resources.cpu) json["cpu"] = write_cpu(*resources.cpu);
  if (resources.pids_limit) json["pids"] = {{"limit", *resources.pids_limit}};
  if (resources.block_io) json["blockIO"] = write_block_io(*resources.block_io);
  put_list(json, "hugepageLimits", resources.hugepage_limits, [](const OciHugepageLimit& row) {
    return Json{{"pageSize", row.page_size}, {"limit", row.limit}};
  });
  if (Json network = write_network(resources); !network.empty()) json["network"] = std::move(network);
  put_json(json, "rdma", resources.rdma);
  put(json, "unified", resources.unified);
  return json;
}

Json to_json(const SeccompSpec& seccomp) {
  Json json = {{"defaultAction", seccomp.default_action}};
  put(json, "defaultErrnoRet", seccomp.default_errno_ret);
  put(json, "architectures", seccomp.architectures);
  put(json, "flags", seccomp.flags);
  put(json, "listenerPath", seccomp.listener_path);
  put(json, "listenerMetadata", seccomp.listener_metadata);
  put_list(json, "syscalls", seccomp.syscalls, write_seccomp_rule);
  return json;
}

Json to_json(const OciProcess& process) {
  Json json = Json::object();
  put_true(json, "terminal", process.terminal);
  if (process.console_size)
    json["consoleSize"] = {{"height", process.console_size->height}, {"width", process.console_size->width}};
  json["user"] = write_user(process.user);
  put(json, "args", process.args);
  put(json, "env", process.env);
  json["cwd"] = process.cwd;
  if (process.capabilities) json["capabilities"] = write_capabilities(*process.capabilities);
  put_list(json, "rlimits", process.rlimits, write_rlimit);
  put_true(json, "noNewPrivileges", process.no_new_privileges);
  put(json, "apparmorProfile", process.apparmor_profile);
  put(json, "selinuxLabel", process.selinux_label);
  put(json, "oomScoreAdj", process.oom_score_adj);
  put_json(json, "scheduler", process.scheduler);
  put_json(json, "ioPriority", process.io_priority);
  put_json(json, "execCPUAffinity", process.exec_cpu_affinity);
  return json;
}

Json to_json(const OciSpec& spec) {
  Json json = {{"ociVersion", spec.oci_version}};
  if (spec.process) json["process"] = to_json(*spec.process);
  if (spec.root) {
    Json& root = json["root"] = {{"path", spec.root->path}};
    put_true(root, "readonly", spec.root->readonly);
  }
  put(json, "hostname", spec.hostname);
  put(json, "domainname", spec.domainname);
  put_list(json, "mounts", spec.mounts, write_mount);
  if (Json hooks = write_hooks(spec.hooks); !hooks.empty()) json["hooks"] = std::move(hooks);
  put(json, "annotations", spec.annotations);
  if (spec.linux_) json["linux"] = write_linux(*spec.linux_);
  return json;
}

}  // namespace lichen::spec
