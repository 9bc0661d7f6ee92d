// JSON -> OciSpec, for documents that may come from anybody. Every number is checked against the range of its field
// before it is narrowed (CVE-2024-40635: an id that wraps to 0), and no string may hold a NUL byte, which the kernel
// would read as its end.
#include <limits>

#include "libpod/spec/oci_spec.hh"

namespace lichen::spec {
namespace {

[[noreturn]] void wrong(const JsonView& view, std::string_view expected) {
  throw_error(ErrorKind::invalid, "{} {}", view.path(), expected);
}

std::string text(const JsonView& view) {
  std::string value = view.as_string();
  if (value.find('\0') != std::string::npos) wrong(view, "must not hold a NUL byte");
  return value;
}

std::string get_text(const JsonView& view, std::string_view key) {
  const JsonView member = view.at(key);
  return member.is_null() ? std::string() : text(member);
}

std::string required_text(const JsonView& view, std::string_view key) {
  const JsonView member = view.at(key);
  if (member.is_null()) wrong(member, "is missing");
  std::string value = text(member);
  if (value.empty()) wrong(member, "must not be empty");
  return value;
}

std::vector<std::string> get_texts(const JsonView& view, std::string_view key) {
  std::vector<std::string> values;
  for (const auto& item : view.at(key).as_array()) values.push_back(text(item));
  return values;
}

std::map<std::string, std::string> get_text_map(const JsonView& view, std::string_view key) {
  std::map<std::string, std::string> values;
  for (const auto& [name, value] : view.at(key).as_object()) {
    if (name.find('\0') != std::string::npos) wrong(view.at(key), "must not have a name with a NUL byte");
    values[name] = text(value);
  }
  return values;
}

// A whole number that fits into T.
template <typename T>
T number(const JsonView& view) {
  if constexpr (std::numeric_limits<T>::is_signed) {
    const std::int64_t value = view.as_int();
    if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max())
      wrong(view,
            fmt::format("must be between {} and {}", std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
    return static_cast<T>(value);
  } else {
    const std::uint64_t value = view.as_uint();
    if (value > std::numeric_limits<T>::max())
      wrong(view, fmt::format("must be at most {}", std::numeric_limits<T>::max()));
    return static_cast<T>(value);
  }
}

template <typename T>
void read(const JsonView& view, std::string_view key, std::optional<T>& target) {
  const JsonView member = view.at(key);
  if (!member.is_null()) target = number<T>(member);
}

void read(const JsonView& view, std::string_view key, std::optional<bool>& target) {
  const JsonView member = view.at(key);
  if (!member.is_null()) target = member.as_bool();
}

template <typename T>
T required_number(const JsonView& view, std::string_view key) {
  const JsonView member = view.at(key);
  if (member.is_null()) wrong(member, "is missing");
  return number<T>(member);
}

template <typename T>
T get_number(const JsonView& view, std::string_view key, T fallback) {
  const JsonView member = view.at(key);
  return member.is_null() ? fallback : number<T>(member);
}

template <typename Reader>
auto get_list(const JsonView& view, std::string_view key, Reader reader) {
  std::vector<decltype(reader(view))> values;
  for (const auto& item : view.at(key).as_array()) {
    if (!item.raw().is_object()) wrong(item, "must be an object");
    values.push_back(reader(item));
  }
  return values;
}

template <typename Reader>
auto find_object(const JsonView& view, std::string_view key, Reader reader) -> std::optional<decltype(reader(view))> {
  const JsonView member = view.at(key);
  if (member.is_null()) return std::nullopt;
  if (!member.raw().is_object()) wrong(member, "must be an object");
  return reader(member);
}

OciIdMapping read_mapping(const JsonView& view) {
  OciIdMapping mapping{required_number<std::uint32_t>(view, "containerID"),
                       required_number<std::uint32_t>(view, "hostID"), required_number<std::uint32_t>(view, "size")};
  if (mapping.size == 0) wrong(view.at("size"), "must be at least 1");
  return mapping;
}

OciUser read_user(const JsonView& view) {
  OciUser user;
  user.uid = get_number<std::uint32_t>(view, "uid", 0);
  user.gid = get_number<std::uint32_t>(view, "gid", 0);
  read(view, "umask", user.umask);
  for (const auto& item : view.at("additionalGids").as_array())
    user.additional_gids.push_back(number<std::uint32_t>(item));
  return user;
}

OciCapabilities read_capabilities(const JsonView& view) {
  return {get_texts(view, "bounding"), get_texts(view, "effective"), get_texts(view, "inheritable"),
          get_texts(view, "permitted"), get_texts(view, "ambient")};
}

OciRlimit read_rlimit(const JsonView& view) {
  return {required_text(view, "type"), required_number<std::uint64_t>(view, "soft"),
          required_number<std::uint64_t>(view, "hard")};
}

OciProcess read_process(const JsonView& view) {
  OciProcess process;
  process.terminal = view.get_bool("terminal");
  process.console_size = find_object(view, "consoleSize", [](const JsonView& size) {
    return OciConsoleSize{get_number<std::uint32_t>(size, "height", 0), get_number<std::uint32_t>(size, "width", 0)};
  });
  process.user = find_object(view, "user", read_user).value_or(OciUser{});
  process.args = get_texts(view, "args");
  process.env = get_texts(view, "env");
  process.cwd = required_text(view, "cwd");
  if (process.cwd[0] != '/') wrong(view.at("cwd"), "must be an absolute path");
  process.capabilities = find_object(view, "capabilities", read_capabilities);
  process.rlimits = get_list(view, "rlimits", read_rlimit);
  process.no_new_privileges = view.get_bool("noNewPrivileges");
  process.apparmor_profile = get_text(view, "apparmorProfile");
  process.selinux_label = get_text(view, "selinuxLabel");
  read(view, "oomScoreAdj", process.oom_score_adj);
  process.scheduler = view.at("scheduler").raw();
  process.io_priority = view.at("ioPriority").raw();
  process.exec_cpu_affinity = view.at("execCPUAffinity").raw();
  return process;
}

OciMount read_mount(const JsonView& view) {
  OciMount mount;
  mount.destination = required_text(view, "destination");
  mount.type = get_text(view, "type");
  mount.source = get_text(view, "source");
  mount.options = get_texts(view, "options");
  mount.uid_mappings = get_list(view, "uidMappings", read_mapping);
  mount.gid_mappings = get_list(view, "gidMappings", read_mapping);
  return mount;
}

OciHook read_hook(const JsonView& view) {
  OciHook hook;
  hook.path = required_text(view, "path");
  if (hook.path[0] != '/') wrong(view.at("path"), "must be an absolute path");
  hook.args = get_texts(view, "args");
  hook.env = get_texts(view, "env");
  read(view, "timeout", hook.timeout_s);
  if (hook.timeout_s && *hook.timeout_s <= 0) wrong(view.at("timeout"), "must be greater than 0");
  return hook;
}

OciHooks read_hooks(const JsonView& view) {
  OciHooks hooks;
  hooks.prestart = get_list(view, "prestart", read_hook);
  hooks.create_runtime = get_list(view, "createRuntime", read_hook);
  hooks.create_container = get_list(view, "createContainer", read_hook);
  hooks.start_container = get_list(view, "startContainer", read_hook);
  hooks.poststart = get_list(view, "poststart", read_hook);
  hooks.poststop = get_list(view, "poststop", read_hook);
  return hooks;
}

OciDevice read_device(const JsonView& view) {
  OciDevice device;
  device.path = required_text(view, "path");
  const std::string type = required_text(view, "type");
  if (type != "c" && type != "b" && type != "u" && type != "p") wrong(view.at("type"), "must be c, b, u or p");
  device.type = type[0];
  if (device.type != 'p') {
    device.major = required_number<std::int64_t>(view, "major");
    device.minor = required_number<std::int64_t>(view, "minor");
  }
  read(view, "fileMode", device.file_mode);
  read(view, "uid", device.uid);
  read(view, "gid", device.gid);
  return device;
}

OciDeviceRule read_device_rule(const JsonView& view) {
  OciDeviceRule rule;
  rule.allow = view.get_bool("allow");
  rule.type = get_text(view, "type");
  if (!rule.type.empty() && rule.type != "a" && rule.type != "b" && rule.type != "c")
    wrong(view.at("type"), "must be a, b or c");
  read(view, "major", rule.major);
  read(view, "minor", rule.minor);
  rule.access = get_text(view, "access");
  if (rule.access.find_first_not_of("rwm") != std::string::npos) wrong(view.at("access"), "must be made of r, w and m");
  return rule;
}

OciMemory read_memory(const JsonView& view) {
  OciMemory memory;
  read(view, "limit", memory.limit);
  read(view, "reservation", memory.reservation);
  read(view, "swap", memory.swap);
  read(view, "kernel", memory.kernel);
  read(view, "kernelTCP", memory.kernel_tcp);
  read(view, "swappiness", memory.swappiness);
  read(view, "disableOOMKiller", memory.disable_oom_killer);
  read(view, "useHierarchy", memory.use_hierarchy);
  read(view, "checkBeforeUpdate", memory.check_before_update);
  return memory;
}

OciCpu read_cpu(const JsonView& view) {
  OciCpu cpu;
  read(view, "shares", cpu.shares);
  read(view, "quota", cpu.quota);
  read(view, "burst", cpu.burst);
  read(view, "period", cpu.period);
  read(view, "realtimeRuntime", cpu.realtime_runtime);
  read(view, "realtimePeriod", cpu.realtime_period);
  read(view, "idle", cpu.idle);
  cpu.cpus = get_text(view, "cpus");
  cpu.mems = get_text(view, "mems");
  return cpu;
}

OciThrottleDevice read_throttle(const JsonView& view) {
  return {required_number<std::int64_t>(view, "major"), required_number<std::int64_t>(view, "minor"),
          required_number<std::uint64_t>(view, "rate")};
}

OciBlockIo read_block_io(const JsonView& view) {
  OciBlockIo block;
  read(view, "weight", block.weight);
  read(view, "leafWeight", block.leaf_weight);
  block.weight_device = get_list(view, "weightDevice", [](const JsonView& item) {
    OciWeightDevice device;
    device.major = required_number<std::int64_t>(item, "major");
    device.minor = required_number<std::int64_t>(item, "minor");
    read(item, "weight", device.weight);
    read(item, "leafWeight", device.leaf_weight);
    return device;
  });
  block.throttle_read_bps = get_list(view, "throttleReadBpsDevice", read_throttle);
  block.throttle_write_bps = get_list(view, "throttleWriteBpsDevice", read_throttle);
  block.throttle_read_iops = get_list(view, "throttleReadIOPSDevice", read_throttle);
  block.throttle_write_iops = get_list(view, "throttleWriteIOPSDevice", read_throttle);
  return block;
}

// cgroup v2 file names: they become the last part of a path that the runtime writes.
std::map<std::string, std::string> read_unified(const JsonView& view) {
  std::map<std::string, std::string> unified = get_text_map(view, "unified");
  for (const auto& [file, value] : unified)
    if (file.empty() || file.find('/') != std::string::npos || file.front() == '.')
      wrong(view.at("unified"), "must have names of files of a cgroup");
  return unified;
}

OciResources read_resources(const JsonView& view) {
  OciResources resources;
  resources.devices = get_list(view, "devices", read_device_rule);
  resources.memory = find_object(view, "memory", read_memory);
  resources.cpu = find_object(view, "cpu", read_cpu);
  if (const JsonView pids = view.at("pids"); !pids.is_null())
    resources.pids_limit = required_number<std::int64_t>(pids, "limit");
  resources.block_io = find_object(view, "blockIO", read_block_io);
  resources.hugepage_limits = get_list(view, "hugepageLimits", [](const JsonView& item) {
    return OciHugepageLimit{required_text(item, "pageSize"), required_number<std::uint64_t>(item, "limit")};
  });
  const JsonView network = view.at("network");
  read(network, "classID", resources.network_class_id);
  resources.network_priorities = get_list(network, "priorities", [](const JsonView& item) {
    return OciInterfacePriority{required_text(item, "name"), required_number<std::uint32_t>(item, "priority")};
  });
  resources.rdma = view.at("rdma").raw();
  resources.unified = read_unified(view);
  return resources;
}

SeccompRule read_seccomp_rule(const JsonView& view) {
  SeccompRule rule;
  rule.names = get_texts(view, "names");
  if (rule.names.empty()) wrong(view.at("names"), "must name at least one system call");
  rule.action = required_text(view, "action");
  read(view, "errnoRet", rule.errno_ret);
  rule.args = get_list(view, "args", [](const JsonView& item) {
    SeccompArg arg;
    arg.index = required_number<std::uint32_t>(item, "index");
    if (arg.index > 5) wrong(item.at("index"), "must be at most 5");
    arg.value = required_number<std::uint64_t>(item, "value");
    arg.value_two = get_number<std::uint64_t>(item, "valueTwo", 0);
    arg.op = required_text(item, "op");
    return arg;
  });
  return rule;
}

SeccompSpec read_seccomp(const JsonView& view) {
  SeccompSpec seccomp;
  seccomp.default_action = required_text(view, "defaultAction");
  read(view, "defaultErrnoRet", seccomp.default_errno_ret);
  seccomp.architectures = get_texts(view, "architectures");
  seccomp.flags = get_texts(view, "flags");
  seccomp.listener_path = get_text(view, "listenerPath");
  seccomp.listener_metadata = get_text(view, "listenerMetadata");
  seccomp.syscalls = get_list(view, "syscalls", read_seccomp_rule);
  return seccomp;
}

std::map<std::string, OciTimeOffset> read_time_offsets(const JsonView& view) {
  std::map<std::string, OciTimeOffset> offsets;
  for (const auto& [clock, offset] : view.at("timeOffsets").as_object())
    offsets[clock] = {get_number<std::int64_t>(offset, "secs", 0), get_number<std::uint32_t>(offset, "nanosecs", 0)};
  return offsets;
}

OciLinux read_linux(const JsonView& view) {
  OciLinux linux_section;
  linux_section.namespaces = get_list(view, "namespaces", [](const JsonView& item) {
    return OciNamespace{required_text(item, "type"), get_text(item, "path")};
  });
  linux_section.uid_mappings = get_list(view, "uidMappings", read_mapping);
  linux_section.gid_mappings = get_list(view, "gidMappings", read_mapping);
  linux_section.time_offsets = read_time_offsets(view);
  linux_section.devices = get_list(view, "devices", read_device);
  linux_section.cgroups_path = get_text(view, "cgroupsPath");
  linux_section.resources = find_object(view, "resources", read_resources);
  linux_section.intel_rdt = view.at("intelRdt").raw();
  linux_section.sysctl = get_text_map(view, "sysctl");
  linux_section.seccomp = find_object(view, "seccomp", read_seccomp);
  linux_section.rootfs_propagation = get_text(view, "rootfsPropagation");
  linux_section.masked_paths = get_texts(view, "maskedPaths");
  linux_section.readonly_paths = get_texts(view, "readonlyPaths");
  linux_section.mount_label = get_text(view, "mountLabel");
  linux_section.personality = find_object(view, "personality", [](const JsonView& item) {
    return OciPersonality{required_text(item, "domain"), get_texts(item, "flags")};
  });
  return linux_section;
}

JsonView root_view(const Json& json, std::string_view what) {
  if (!json.is_object()) throw_error(ErrorKind::invalid, "{}: must be an object", what);
  return {json, std::string(what) + ":"};
}

}  // namespace

OciSpec oci_spec_from_json(const Json& json, std::string_view what) {
  const JsonView view = root_view(json, what);
  OciSpec spec;
  spec.oci_version = required_text(view, "ociVersion");
  if (!spec.oci_version.starts_with("1.")) wrong(view.at("ociVersion"), "must be 1.x: other versions are not known");
  spec.process = find_object(view, "process", read_process);
  spec.root = find_object(view, "root", [](const JsonView& root) {
    return OciRoot{required_text(root, "path"), root.get_bool("readonly")};
  });
  spec.hostname = get_text(view, "hostname");
  spec.domainname = get_text(view, "domainname");
  spec.mounts = get_list(view, "mounts", read_mount);
  spec.hooks = find_object(view, "hooks", read_hooks).value_or(OciHooks{});
  spec.annotations = get_text_map(view, "annotations");
  if (const auto keep = spec.annotations.find(kKeepGroups); keep != spec.annotations.end() && spec.process)
    spec.process->user.keep_groups = keep->second == "1";
  spec.linux_ = find_object(view, "linux", read_linux);
  return spec;
}

OciProcess oci_process_from_json(const Json& json, std::string_view what) {
  return read_process(root_view(json, what));
}

OciResources oci_resources_from_json(const Json& json, std::string_view what) {
  return read_resources(root_view(json, what));
}

}  // namespace lichen::spec
