// pods/<id>/config.json, and the pure part of what a pod means for its containers.
#include "libpod/spec/pod_config.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/options.hh"

namespace lichen::spec {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::string_view kShareable[] = {"cgroup", "ipc", "net", "pid", "uts"};
constexpr std::string_view kDefaultShare[] = {"ipc", "net", "uts"};

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Namespaces that are somebody else's cannot be had through the holder: who is in U0 may not enter the host's.
bool is_foreign(const std::string& mode) { return mode == "host" || mode == "ns" || mode.starts_with("ns:"); }

struct Shared {
  std::string_view name;
  std::string ContainerConfig::*mode;
  std::string_view option;  // of the member, by which it has its own
};
constexpr Shared kModes[] = {{"ipc", &ContainerConfig::ipc_mode, "ipc"},
                             {"uts", &ContainerConfig::uts_mode, "uts"},
                             {"pid", &ContainerConfig::pid_mode, "pid"},
                             {"cgroup", &ContainerConfig::cgroupns_mode, "cgroupns"}};

// What the shared network decides for all: podman refuses these at a member too.
constexpr std::string_view kPodFlags[] = {"add-host", "dns", "dns-option", "dns-search", "expose", "link",
                                          "link-local-ip", "ip", "ip6", "mac-address", "network", "network-alias",
                                          "no-hosts", "publish", "publish-all",
                                          // From here on of other namespaces.
                                          "hostname", "domainname", "userns", "sysctl"};
constexpr std::span kNetworkFlags = std::span(kPodFlags).first(15);

[[noreturn]] void refuse(const PodConfig& pod, std::string_view flag, std::string_view what) {
  throw Error(ErrorKind::usage,
              format("--{}: pod '{}' shares its {} namespace with its containers", flag, pod.name, what))
      .with_hint(flag == "expose" || flag == "publish-all" || flag == "network-alias"
                     ? format("say it when the pod is made: lichen pod create --publish ... or --network-alias ...")
                     : format("say it when the pod is made: lichen pod create --{} ...", flag));
}

void check_flags(const PodConfig& pod, const std::set<std::string>& gave) {
  if (pod.shares("net"))
    for (const auto flag : kNetworkFlags)
      if (gave.contains(std::string(flag))) refuse(pod, flag, "network");
  if (pod.shares("uts") && !gave.contains("uts"))
    for (const std::string_view flag : {"hostname", "domainname"})
      if (gave.contains(std::string(flag))) refuse(pod, flag, "uts");
  if (gave.contains("userns"))
    throw Error(ErrorKind::usage, "--userns and --pod cannot be set together")
        .with_hint("say it when the pod is made: lichen pod create --userns ...");
}

void share_network(ContainerConfig& member, const PodConfig& pod) {
  const NetworkConfig& of_pod = pod.settings.network;
  if (is_foreign(of_pod.mode)) {
    member.network = of_pod;
  } else {
    member.network = {};
    member.network.mode = "container";
    member.network.target = pod.holder_id;
    member.network.no_hosts = of_pod.no_hosts;
  }
  member.network.ports.clear();
  std::erase_if(member.sysctls, [](const auto& row) { return row.first.starts_with("net."); });
}

// Settings of namespaces are made once, by the holder: a member's own must not change them for all.
void check_sysctls(const ContainerConfig& member, const PodConfig& pod, const std::set<std::string>& gave) {
  if (!gave.contains("sysctl")) return;
  for (const auto& [name, value] : member.sysctls) {
    if (pod.shares("net") && name.starts_with("net.")) refuse(pod, "sysctl", "network");
    if (pod.shares("ipc") && (name.starts_with("kernel.shm") || name.starts_with("kernel.msg") ||
                              name == "kernel.sem" || name.starts_with("fs.mqueue.")))
      refuse(pod, "sysctl", "ipc");
  }
}

void take_over_mounts(ContainerConfig& member, const ContainerConfig& settings) {
  for (const auto& mount : settings.mounts) {
    const auto same = [&](const MountConfig& own) { return own.destination == mount.destination; };
    if (std::none_of(member.mounts.begin(), member.mounts.end(), same)) member.mounts.push_back(mount);
  }
  member.volumes_from.insert(member.volumes_from.end(), settings.volumes_from.begin(), settings.volumes_from.end());
}

void take_over_security(ContainerConfig& member, const ContainerConfig& settings, const std::set<std::string>& gave) {
  if (gave.contains("security-opt") || settings.security_opt.empty()) return;
  member.security_opt = settings.security_opt;
  member.no_new_privileges = settings.no_new_privileges;
  if (!settings.seccomp_profile.empty()) member.seccomp_profile = settings.seccomp_profile;
  member.apparmor_profile = settings.apparmor_profile;
  member.selinux_label = settings.selinux_label;
  member.mask = settings.mask;
  member.unmask = settings.unmask;
}

}  // namespace

bool PodConfig::shares(std::string_view what) const {
  return has_holder() && std::find(shared.begin(), shared.end(), what) != shared.end();
}

Json to_json(const PodConfig& pod) {
  Json json = {{"version", kVersion}, {"id", pod.id}, {"name", pod.name}, {"created", pod.created}};
  json["labels"] = pod.labels;
  json["create_command"] = pod.create_command;
  json["shared"] = pod.shared;
  json["share_parent"] = pod.share_parent;
  json["exit_policy"] = pod.exit_policy;
  json["holder_id"] = pod.holder_id;
  json["holder_name"] = pod.holder_name;
  json["settings"] = to_json(pod.settings);
  return json;
}

PodConfig pod_config_from_json(const Json& json, std::string_view what) {
  if (!json.is_object()) throw_error(ErrorKind::invalid, "{}: must be an object", what);
  const JsonView view(json, std::string(what) + ":");
  const JsonView version = view.at("version");
  if (version.is_null() || version.as_int() != kVersion)
    throw Error(ErrorKind::invalid, format("{}: not a record of version {}", what, kVersion))
        .with_hint("a newer lichen may have written it: use that one");
  PodConfig pod;
  pod.id = view.at("id").as_string();
  pod.name = view.at("name").as_string();
  pod.created = view.at("created").as_string();
  pod.labels = view.at("labels").as_string_map();
  pod.create_command = view.at("create_command").as_strings();
  pod.shared = view.at("shared").as_strings();
  pod.share_parent = view.at("share_parent").as_bool();
  pod.exit_policy = view.at("exit_policy").as_string();
  pod.holder_id = view.at("holder_id").as_string();
  pod.holder_name = view.at("holder_name").as_string();
  pod.settings = container_config_from_json(view.at("settings").raw(), std::string(what) + ": settings");
  if (!is_full_id(pod.id)) throw_error(ErrorKind::invalid, "{}: id must be 64 hex digits", what);
  return pod;
}

std::vector<std::string> parse_share_option(std::string_view text) {
  std::vector<std::string> shared;
  if (text.starts_with('+')) {
    for (const auto word : kDefaultShare) shared.emplace_back(word);
    text.remove_prefix(1);
  }
  if (text.empty() || text == "none") return shared;
  for (const auto& word : split(text, ',')) {
    if (!is_one_of(word, kShareable))
      throw Error(ErrorKind::usage, format("--share '{}': '{}' is no namespace that a pod can share", text, word))
          .with_hint("cgroup, ipc, net, pid and uts, with commas between, or none");
    shared.push_back(word);
  }
  std::sort(shared.begin(), shared.end());
  shared.erase(std::unique(shared.begin(), shared.end()), shared.end());
  return shared;
}

std::string parse_exit_policy(std::string_view text) {
  if (text == "continue" || text == "stop") return std::string(text);
  throw Error(ErrorKind::usage, format("--exit-policy '{}': no such policy", text)).with_hint("continue or stop");
}

std::string parse_init_container(std::string_view text) {
  if (text == "once" || text == "always") return std::string(text);
  throw Error(ErrorKind::usage, format("--init-ctr '{}': must be always or once", text))
      .with_hint("once: removed when it has done its work; always: run at each start of the pod");
}

ContainerConfig holder_config(const PodConfig& pod, const std::string& rootfs) {
  const ContainerConfig& settings = pod.settings;
  ContainerConfig holder;
  holder.id = pod.holder_id;
  holder.name = pod.holder_name.empty() ? short_id(pod.id) + "-infra" : pod.holder_name;
  holder.pod_id = pod.id;
  holder.holder = true;
  holder.rootfs_path = rootfs;
  holder.command = {"hold"};
  holder.init = true;
  holder.hostname = settings.hostname;
  holder.domainname = settings.domainname;
  if (pod.shares("net"))
    holder.network = settings.network;
  else
    holder.network.mode = "none";
  holder.no_hostname_file = settings.no_hostname_file;
  holder.pid_mode = pod.shares("pid") ? settings.pid_mode : "";
  holder.uts_mode = pod.shares("uts") ? settings.uts_mode : "";
  holder.userns = settings.userns;
  holder.sysctls = settings.sysctls;
  holder.shm_size_bytes = settings.shm_size_bytes;
  holder.cgroup_parent = pod_cgroup(pod);
  // It does nothing but wait.
  holder.cap_drop = {"ALL"};
  holder.no_new_privileges = true;
  holder.read_only = true;
  holder.log.driver = "none";
  return holder;
}

bool has_limits(const PodConfig& pod) { return pod.settings.resources != ResourceConfig{}; }

std::string pod_cgroup(const PodConfig& pod) {
  const std::string& parent = pod.settings.cgroup_parent;
  if (!has_limits(pod)) return parent;
  return (parent.empty() ? "" : parent + "/") + "pod-" + short_id(pod.id);
}

void join_pod(ContainerConfig& member, const PodConfig& pod, const std::set<std::string>& gave) {
  check_flags(pod, gave);
  check_sysctls(member, pod, gave);
  member.pod_id = pod.id;
  const ContainerConfig& settings = pod.settings;
  const std::string holder = "container:" + pod.holder_id;
  if (pod.shares("net")) share_network(member, pod);
  for (const Shared& row : kModes) {
    if (!pod.shares(row.name) || gave.contains(std::string(row.option))) continue;
    const std::string& of_pod = settings.*row.mode;
    member.*row.mode = is_foreign(of_pod) ? of_pod : holder;
  }
  if (pod.shares("uts") && !gave.contains("uts")) member.hostname = member.domainname = "";
  if (pod.has_holder() && !settings.userns.empty()) member.userns = holder;
  if (!gave.contains("restart") && !member.auto_remove && member.init_container.empty()) {
    member.restart = settings.restart;
    member.restart_max_retries = settings.restart_max_retries;
  }
  if (pod.share_parent && member.cgroup_parent.empty() && !member.no_cgroup) member.cgroup_parent = pod_cgroup(pod);
  take_over_mounts(member, settings);
  member.devices.insert(member.devices.end(), settings.devices.begin(), settings.devices.end());
  member.device_requests.insert(member.device_requests.end(), settings.device_requests.begin(),
                                settings.device_requests.end());
  take_over_security(member, settings, gave);
}

std::span<const std::string_view> pod_flags() { return kPodFlags; }

std::string_view pod_state(const PodCounts& counts) {
  if (counts.all == 0) return "Created";
  if (counts.running == counts.all) return "Running";
  if (counts.running > 0) return "Degraded";
  if (counts.paused == counts.all) return "Paused";
  if (counts.exited == counts.all) return "Exited";
  if (counts.exited > 0) return "Stopped";
  if (counts.other > 0) return "Error";
  return "Created";
}

}  // namespace lichen::spec
