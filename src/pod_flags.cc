#include "src/pod_flags.hh"

#include <algorithm>
#include <cstdlib>

#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/container_defaults.hh"
#include "libpod/engine/pods.hh"
#include "libpod/spec/cdi.hh"
#include "libpod/spec/devices.hh"
#include "libpod/spec/env.hh"
#include "libpod/spec/mounts.hh"
#include "libpod/spec/options.hh"
#include "libpod/spec/resources.hh"
#include "src/arg_parser.hh"

#include <unistd.h>

namespace lichen::cli {
namespace {

std::string absolute(const std::string& path, const HostView& host) {
  if (path == "~" || path.starts_with("~/")) return join_path(host.home, path.substr(1));
  return path.starts_with('/') ? clean_path(path) : join_path(host.working_directory, path);
}

void set_identity(const ParsedArgs& args, const HostView& host, spec::PodConfig& pod) {
  pod.name = args.get_string("name");
  if (pod.name.empty() && !args.positionals().empty()) pod.name = args.positionals()[0];
  for (const auto& path : args.get_list("label-file"))
    for (const auto& line : spec::parse_label_file(read_text_file(absolute(path, host), "--label-file"), path)) {
      const auto pair = cut(line, '=');
      pod.labels.insert_or_assign(pair ? pair->first : line, pair ? pair->second : "");
    }
  for (const auto& text : args.get_list("label")) {
    auto [key, value] = spec::parse_label(text, "--label");
    pod.labels.insert_or_assign(std::move(key), std::move(value));
  }
  if (args.has("hostname")) pod.settings.hostname = spec::parse_hostname(args.get_string("hostname"));
  pod.settings.no_hostname_file = args.get_bool("no-hostname");
}

void set_namespaces(const ParsedArgs& args, const HostView& host, spec::PodConfig& pod) {
  spec::ContainerConfig& settings = pod.settings;
  pod.shared = spec::parse_share_option(args.find_string("share").value_or("+"));
  pod.share_parent = args.get_bool("share-parent");
  set_network(args, host, settings);
  settings.pid_mode = spec::parse_namespace_mode(args.get_string("pid"), "--pid");
  settings.uts_mode = spec::parse_namespace_mode(args.get_string("uts"), "--uts");
  // A mode for a namespace is there for all.
  for (const auto& [mode, name] : {std::pair{&settings.pid_mode, "pid"}, {&settings.uts_mode, "uts"}})
    if (*mode == "host" && std::find(pod.shared.begin(), pod.shared.end(), name) == pod.shared.end())
      pod.shared.emplace_back(name);
  std::sort(pod.shared.begin(), pod.shared.end());
  const std::string userns = args.get_string("userns");
  if (spec::parse_userns(userns).kind != spec::UsernsOption::Kind::shared) settings.userns = userns;
  for (const auto& text : args.get_list("sysctl")) settings.sysctls.insert(spec::parse_sysctl_option(text));
  engine::add_default_sysctls(host.settings, settings);
  if (const auto size = args.find_string("shm-size"))
    settings.shm_size_bytes = spec::parse_size_option(*size, "--shm-size");
}

// What members get.
void set_members(const ParsedArgs& args, const HostView& host, spec::ContainerConfig& settings) {
  for (const auto& text : args.get_list("volume")) settings.mounts.push_back(spec::parse_volume_option(text));
  for (auto& mount : settings.mounts)
    if (mount.type == spec::MountType::bind) mount.source = absolute(mount.source, host);
  settings.volumes_from = args.get_list("volumes-from");
  for (const auto& text : args.get_list("gpus")) settings.device_requests.push_back(spec::parse_gpus_option(text));
  spec::add_device_options(args.get_list("device"), settings.devices, settings.device_requests);
  settings.security_opt = args.get_list("security-opt");
  auto security = spec::parse_security_opts(settings.security_opt);
  settings.no_new_privileges = security.no_new_privileges;
  settings.seccomp_profile = std::move(security.seccomp_profile);
  if (!settings.seccomp_profile.empty() && settings.seccomp_profile != "unconfined")
    settings.seccomp_profile = absolute(settings.seccomp_profile, host);
  settings.apparmor_profile = std::move(security.apparmor_profile);
  settings.selinux_label = std::move(security.selinux_label);
  settings.mask = std::move(security.mask);
  settings.unmask = std::move(security.unmask);
  const auto restart = spec::parse_restart_policy(args.get_string("restart"));
  settings.restart = restart.policy;
  settings.restart_max_retries = restart.max_retries;
}

void set_resources(const ParsedArgs& args, spec::ResourceConfig& r) {
  if (const auto v = args.find_string("memory")) r.memory_bytes = spec::parse_size_option(*v, "--memory");
  if (const auto v = args.find_string("memory-swap"))
    r.memory_swap_bytes = spec::parse_size_or_unlimited(*v, "--memory-swap");
  if (const auto v = args.find_string("cpus")) r.nano_cpus = spec::parse_cpus_option(*v);
  if (const auto v = args.find_string("cpuset-cpus")) r.cpuset_cpus = spec::parse_cpuset_option(*v, "--cpuset-cpus");
  if (const auto v = args.find_string("cpuset-mems")) r.cpuset_mems = spec::parse_cpuset_option(*v, "--cpuset-mems");
  r.cpu_shares = args.find_int("cpu-shares");
  spec::check_resources(r);
}

}  // namespace

engine::PodRequest pod_request(const ParsedArgs& args, const HostView& host, const std::vector<std::string>& argv) {
  engine::PodRequest request;
  spec::PodConfig& pod = request.pod;
  pod.create_command = argv;
  set_identity(args, host, pod);
  set_namespaces(args, host, pod);
  set_members(args, host, pod.settings);
  set_resources(args, pod.settings.resources);
  pod.settings.cgroup_parent = args.get_string("cgroup-parent");
  pod.exit_policy = spec::parse_exit_policy(args.get_string("exit-policy"));
  pod.holder_name = args.get_string("infra-name");
  request.with_holder = args.get_bool("infra");
  request.replace = args.get_bool("replace");
  if (request.replace && pod.name.empty())
    throw_usage(args.command(), "--replace needs --name: it says which pod to replace");
  if (const auto path = args.find_string("pod-id-file")) request.id_file = absolute(*path, host);
  return request;
}

engine::PodChoice pod_choice(const ParsedArgs& args, const HostView& host) {
  engine::PodChoice choice;
  choice.name = args.get_string("pod");
  if (const auto path = args.find_string("pod-id-file")) {
    if (!choice.name.empty()) throw_usage(args.command(), "--pod and --pod-id-file say the same: give one of them");
    choice.name = engine::read_pod_id_file(absolute(*path, host));
  }
  if (choice.name.starts_with("new:")) {
    choice.make = true;
    choice.name.erase(0, 4);
    if (choice.name.empty()) throw_usage(args.command(), "--pod new: the name is missing", "--pod new:NAME");
  }
  for (const auto& group : args.command().options)
    for (const auto& option : group)
      if (option.alias_of.empty() && args.has(option.name)) choice.gave.insert(std::string(option.name));
  return choice;
}

HostView host_view(const engine::Engine& engine) {
  HostView view;
  if (char* here = ::getcwd(nullptr, 0)) {
    view.working_directory = here;
    std::free(here);
  }
  view.home = engine.environment.home;
  view.environment = engine.environment.all;
  view.settings = engine.settings;
  return view;
}

}  // namespace lichen::cli
