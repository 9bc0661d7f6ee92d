// The document as a whole: root, identity, namespaces, what is hidden, sysctls, resources, seccomp. The longer parts
// are in generate_mounts.cc and generate_process.cc.
#include "libpod/spec/generate.hh"

#include <algorithm>

#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/capabilities.hh"
#include "libpod/spec/generate_parts.hh"
#include "libpod/spec/options.hh"
#include "libpod/spec/resources.hh"
#include "libpod/spec/seccomp_profile.hh"

namespace lichen::spec {
namespace {

// Not kOciVersion: older crun refuses a version without "1.0" in it
// (measured with 1.8.1 of Debian 12); members that are newer than that are skipped by runtimes that do not know them.
constexpr std::string_view kWrittenVersion = "1.0.2";

constexpr std::int64_t kDefaultPidsLimit = 2048;  // podman's

// Docker's and podman's lists united. What does not exist on a host is skipped by the runtime.
constexpr std::string_view kMaskedPaths[] = {
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/firmware",
    "/sys/fs/selinux",
    "/sys/devices/virtual/powercap",
};
constexpr std::string_view kReadonlyPaths[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                               "/proc/sysrq-trigger"};

struct NamespaceMode {
  const char* type;
  std::string ContainerConfig::*mode;  // nullptr: always an own one
};

constexpr NamespaceMode kNamespaces[] = {
    {"pid", &ContainerConfig::pid_mode},         {"mount", nullptr},
    {"ipc", &ContainerConfig::ipc_mode},         {"uts", &ContainerConfig::uts_mode},
    {"cgroup", &ContainerConfig::cgroupns_mode},
};

std::vector<OciNamespace> namespaces(const ContainerConfig& config, const HostFacts& facts) {
  std::vector<OciNamespace> result;
  const auto given = [&](const char* type) {
    const auto found = facts.namespace_paths.find(type);
    return found == facts.namespace_paths.end() ? std::string() : found->second;
  };
  for (const auto& row : kNamespaces) {
    const std::string mode = row.mode == nullptr ? std::string() : config.*row.mode;
    std::string path = given(row.type);
    if (path.empty() && mode.starts_with("ns:")) path = mode.substr(3);
    if (path.empty() && mode == "host") continue;  // no entry: inherited
    if (path.empty() && !is_private_mode(mode))
      throw_error(ErrorKind::internal, "namespace '{}': no path for mode '{}'", row.type, mode);
    result.push_back({row.type, path});
  }
  if (const std::string path = given("network"); !path.empty()) result.push_back({"network", path});
  if (const std::string path = given("user"); !path.empty())
    result.push_back({"user", path});
  else if (!facts.uid_mappings.empty())
    result.push_back({"user", ""});
  return result;
}

bool is_unmasked(const ContainerConfig& config, std::string_view path) {
  return std::ranges::any_of(config.unmask,
                             [&](const std::string& pattern) { return pattern == "ALL" || glob_match(pattern, path); });
}

void hide_paths(const ContainerConfig& config, const HostFacts& facts, OciLinux& result) {
  if (!config.privileged) {
    std::vector<std::string> masked = default_masked_paths();
    // A sysfs that is bound from the host shows more of it than a mount of the container's own network namespace does.
    if (!facts.own_network) masked.emplace_back("/sys/kernel");
    for (unsigned cpu = 0; cpu < facts.thermal_throttle_cpus; ++cpu)
      masked.push_back(fmt::format("/sys/devices/system/cpu/cpu{}/thermal_throttle", cpu));
    for (auto& path : masked)
      if (!is_unmasked(config, path)) result.masked_paths.push_back(std::move(path));
    for (auto& path : default_readonly_paths())
      if (!is_unmasked(config, path)) result.readonly_paths.push_back(std::move(path));
  }
  for (const auto& path : config.mask)
    if (std::ranges::find(result.masked_paths, path) == result.masked_paths.end()) result.masked_paths.push_back(path);
}

// Without NET_RAW, ping works through ICMP sockets, which the kernel gives to a range of groups; and ports below 1024
// belong to no host here. Both as docker sets them. Groups must exist in the user namespace (icmp(7)), so the range
// ends with the last one.
std::map<std::string, std::string> sysctls(const ContainerConfig& config, const HostFacts& facts) {
  const bool shares_network = !facts.own_network || facts.shared_network;
  std::map<std::string, std::string> result;
  if (!shares_network) {
    result["net.ipv4.ip_unprivileged_port_start"] = "0";
    result["net.ipv4.ping_group_range"] =
        fmt::format("{} {}", facts.first_id, facts.mapped_ids == 0 ? 0 : std::min(facts.mapped_ids - 1, kMaxId));
  }
  for (const auto& [name, value] : config.sysctls) {
    check_sysctl_namespace(name, shares_network, !is_private_mode(config.ipc_mode));
    result[name] = value;
  }
  return result;
}

std::optional<SeccompSpec> seccomp(const ContainerConfig& config, const HostFacts& facts,
                                   const std::vector<std::string>& capabilities) {
  if (config.seccomp_profile == "unconfined") return std::nullopt;
  if (!config.seccomp_profile.empty())
    return seccomp_profile_from_json(facts.seccomp_profile_text, config.seccomp_profile, capabilities);
  if (config.privileged) return std::nullopt;
  return default_seccomp_profile(capabilities);
}

// Mounts that cross the border need a root that takes part (mount_namespaces(7)).
std::string rootfs_propagation(const ContainerConfig& config) {
  std::string result;
  for (const auto& mount : config.mounts) {
    if (mount.propagation.ends_with("shared")) return "rshared";
    if (mount.propagation.ends_with("slave")) result = "rslave";
  }
  return result;
}

ResourceConfig with_default_pids_limit(ResourceConfig resources) {
  if (!resources.pids_limit) resources.pids_limit = kDefaultPidsLimit;
  return resources;
}

// crun and runc refuse a sysctl of the network without an entry for the namespace ("requires a new network namespace").
// To them the inherited one is named by path, which joins what they are in already; lichen-oci knows and is spared the
// setns(2).
void name_inherited_network(const ContainerConfig& config, OciLinux& result) {
  const bool has_entry =
      std::ranges::find(result.namespaces, "network", &OciNamespace::type) != result.namespaces.end();
  const bool has_sysctl =
      std::ranges::any_of(result.sysctl, [](const auto& row) { return row.first.starts_with("net."); });
  if (!config.runtime.empty() && has_sysctl && !has_entry)
    result.namespaces.push_back({"network", "/proc/self/ns/net"});
}

OciLinux linux_section(const ContainerConfig& config, const HostFacts& facts,
                       const std::vector<std::string>& capabilities) {
  OciLinux result;
  result.namespaces = namespaces(config, facts);
  result.uid_mappings = facts.uid_mappings;
  result.gid_mappings = facts.gid_mappings;
  result.cgroups_path = facts.cgroups_path;
  result.resources =
      to_oci_resources(with_default_pids_limit(config.resources), facts.controllers, facts.device_numbers);
  if (config.privileged) {
    if (!result.resources) result.resources.emplace();
    result.resources->devices.push_back({.allow = true, .access = "rwm"});
  }
  result.sysctl = sysctls(config, facts);
  name_inherited_network(config, result);
  result.seccomp = seccomp(config, facts, capabilities);
  result.rootfs_propagation = rootfs_propagation(config);
  hide_paths(config, facts, result);
  return result;
}

// What is asked for and cannot be applied stops the start (security.md, C07): never a container with less than was
// asked.
void check_labels(const ContainerConfig& config, const HostFacts& facts) {
  if (!config.selinux_label.empty() && config.selinux_label != "disable")
    throw Error(ErrorKind::unsupported,
                fmt::format("--security-opt 'label={}': {}", config.selinux_label,
                            facts.selinux ? "SELinux labels are not supported yet" : "this host has no SELinux"))
        .with_hint("leave it out or use label=disable");
  if (facts.selinux)
    for (const auto& mount : config.mounts)
      if (!mount.relabel.empty())
        throw Error(ErrorKind::unsupported,
                    fmt::format("mount '{}': SELinux relabelling is not supported yet", mount.destination))
            .with_hint("leave out z and Z, and relabel the source with chcon(1)");
  if (!config.apparmor_profile.empty() && config.apparmor_profile != "unconfined" && !facts.apparmor)
    throw Error(ErrorKind::unsupported,
                fmt::format("--security-opt 'apparmor={}': this host has no AppArmor", config.apparmor_profile))
        .with_hint("leave it out");
}

void set_names(const ContainerConfig& config, const HostFacts& facts, OciSpec& spec) {
  if (!is_private_mode(config.uts_mode)) {
    if (!config.hostname.empty() || !config.domainname.empty())
      throw Error(ErrorKind::usage, fmt::format("--hostname '{}': the container shares its uts namespace",
                                                config.hostname + config.domainname))
          .with_hint("remove --hostname and --domainname, or --uts");
    return;
  }
  spec.hostname = container_hostname(config, facts);
  spec.domainname = config.domainname;
}

}  // namespace

bool is_private_mode(std::string_view mode) {
  return mode.empty() || mode == "private" || mode == "none" || mode == "shareable";
}

std::vector<std::string> default_masked_paths() { return {std::begin(kMaskedPaths), std::end(kMaskedPaths)}; }

std::vector<std::string> default_readonly_paths() { return {std::begin(kReadonlyPaths), std::end(kReadonlyPaths)}; }

std::string container_hostname(const ContainerConfig& config, const HostFacts& facts) {
  if (!config.hostname.empty()) return config.hostname;
  const bool is_shared = config.uts_mode == "host" || config.uts_mode.starts_with("container:");
  if ((is_shared || config.network.mode == "host") && !facts.host_hostname.empty()) return facts.host_hostname;
  return config.id.substr(0, 12);
}

OciSpec generate(const ContainerConfig& config, const HostFacts& facts) {
  check_labels(config, facts);
  OciSpec spec;
  spec.oci_version = kWrittenVersion;
  spec.root = OciRoot{facts.rootfs, config.read_only};
  set_names(config, facts, spec);
  spec.process = generate_process(config, facts);
  spec.mounts = generate_mounts(config, facts);
  spec.hooks = facts.device_edits.hooks;
  spec.annotations = config.annotations;
  if (std::ranges::find(config.groups, "keep-groups") != config.groups.end()) spec.annotations[kKeepGroups] = "1";
  spec.linux_ = linux_section(config, facts, spec.process->capabilities->effective);
  return spec;
}

}  // namespace lichen::spec
