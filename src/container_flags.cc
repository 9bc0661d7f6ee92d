#include "src/container_flags.hh"

#include <algorithm>
#include <cstdio>
#include <memory>

#include "libpod/base/error.hh"
#include "libpod/base/json.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/container_defaults.hh"
#include "libpod/spec/capabilities.hh"
#include "libpod/spec/cdi.hh"
#include "libpod/spec/devices.hh"
#include "libpod/spec/env.hh"
#include "libpod/spec/mounts.hh"
#include "libpod/spec/network_mode.hh"
#include "libpod/spec/options.hh"
#include "libpod/spec/platform.hh"
#include "libpod/spec/ports.hh"
#include "libpod/spec/resources.hh"
#include "libpod/spec/secrets.hh"
#include "src/container_flags_check.hh"
#include "src/health_flags.hh"
#include "src/resource_flags.hh"

namespace lichen::cli {
namespace {

constexpr std::size_t kMaxFileBytes = 1u << 20;

}  // namespace

std::string read_text_file(const std::string& path, std::string_view option) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  if (!file) throw_errno("read {} '{}'", option, path);
  std::string text(kMaxFileBytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) throw_errno("read {} '{}'", option, path);
  if (text.size() > kMaxFileBytes) throw_error(ErrorKind::invalid, "read {} '{}': larger than 1 MiB", option, path);
  return text;
}

namespace {

std::string absolute(std::string_view path, const HostView& host) {
  if (path == "~" || path.starts_with("~/")) return join_path(host.home, path.substr(1));
  return path.starts_with('/') ? clean_path(path) : join_path(host.working_directory, path);
}

spec::EnvLookup lookup_in(const std::vector<std::string>& environment) {
  return [&environment](std::string_view name) { return spec::find_env(environment, name); };
}

std::vector<std::string> names_in(const std::vector<std::string>& environment) {
  std::vector<std::string> names;
  for (const auto& entry : environment) names.push_back(entry.substr(0, entry.find('=')));
  return names;
}

std::vector<std::string> proxy_env(const std::vector<std::string>& environment) {
  std::vector<std::string> entries;
  for (const std::string_view name :
       {"http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY"})
    if (const auto value = spec::find_env(environment, name)) entries.push_back(format("{}={}", name, *value));
  return entries;
}

// What no shell could have set is left out: a container refuses it.
std::vector<std::string> valid_env(const std::vector<std::string>& environment) {
  std::vector<std::string> entries;
  for (const auto& entry : environment)
    if (const auto equals = entry.find('='); equals != std::string::npos && equals != 0) entries.push_back(entry);
  return entries;
}

/// podman takes a JSON list, docker one word.
std::vector<std::string> entrypoint_words(const std::string& text) {
  if (text.empty()) return {};
  if (text[0] != '[') return {text};
  return JsonView(parse_json(text, "--entrypoint"), "--entrypoint").as_strings();
}

bool given_or(const ParsedArgs& args, std::string_view option, bool otherwise) {
  return args.has(option) ? args.get_bool(option) : otherwise;
}

/// The flag's text, else the configuration's; neither: nullopt.
std::optional<std::string> given_or(const ParsedArgs& args, std::string_view option, const std::string& otherwise) {
  if (auto given = args.find_string(option)) return given;
  return otherwise.empty() ? std::nullopt : std::optional(otherwise);
}

std::vector<std::string> given_or(const ParsedArgs& args, std::string_view option,
                                  const std::vector<std::string>& otherwise) {
  return args.has(option) ? args.get_list(option) : otherwise;
}

void set_process(const ParsedArgs& args, const HostView& host, ContainerRequest& request) {
  spec::ContainerConfig& config = request.config;
  const auto& words = args.positionals();
  config.command.assign(words.begin() + 1, words.end());
  if (const auto entrypoint = args.find_string("entrypoint")) config.entrypoint = entrypoint_words(*entrypoint);
  config.env = collect_env(args, host.environment);
  request.gave.base_env = host.settings.env;
  if (args.get_bool("env-host")) config.env = spec::merge_env(valid_env(host.environment), config.env);
  if (given_or(args, "http-proxy", host.settings.http_proxy))
    config.env = spec::merge_env(proxy_env(host.environment), config.env);
  config.user = args.get_string("user");
  config.groups = args.get_list("group-add");
  config.working_dir = args.get_string("workdir");
  if (!config.working_dir.empty() && config.working_dir[0] != '/')
    throw_error(ErrorKind::usage, "--workdir '{}': the path must be absolute", config.working_dir);
  config.interactive = args.get_bool("interactive");
  config.tty = args.get_bool("tty");
  if (const auto umask = given_or(args, "umask", host.settings.umask)) config.umask = spec::parse_umask(*umask);
  config.timezone = args.find_string("tz").value_or(host.settings.timezone);
  if (args.has("stop-signal")) config.stop_signal = spec::parse_signal(args.get_string("stop-signal")).name;
  config.stop_timeout_s = args.find_int("stop-timeout").value_or(host.settings.stop_timeout_s);
  config.init = given_or(args, "init", host.settings.init);
  if (const auto path = args.find_string("init-path")) config.init_path = absolute(*path, host);
  config.timeout_s = args.get_int("timeout");
  if (config.timeout_s < 0) throw_usage(args.command(), "--timeout: must not be negative");
  request.gave.entrypoint = args.has("entrypoint");
  request.gave.user = args.has("user");
  request.gave.working_dir = args.has("workdir");
  request.gave.stop_signal = args.has("stop-signal");
}

// docker: -d attaches nothing; without -a everything that is open.
void set_attachment(const ParsedArgs& args, const HostView& host, ContainerRequest& request) {
  spec::ContainerConfig& config = request.config;
  if (find_option(args.command(), "detach") != nullptr) {
    request.detach = args.get_bool("detach");
    request.sig_proxy = args.get_bool("sig-proxy");
    config.detach_keys = args.find_string("detach-keys").value_or(host.settings.detach_keys);
    if (!config.detach_keys.empty()) spec::parse_detach_keys(config.detach_keys);
  }
  const auto streams = args.get_list("attach");
  for (const auto& stream : streams) {
    if (iequals(stream, "stdin"))
      config.attach_stdin = true;
    else if (iequals(stream, "stdout"))
      config.attach_stdout = true;
    else if (iequals(stream, "stderr"))
      config.attach_stderr = true;
    else
      throw_usage(args.command(), format("--attach '{}': must be stdin, stdout or stderr", stream));
  }
  if (streams.empty() && !request.detach) {
    config.attach_stdin = config.interactive;
    config.attach_stdout = config.attach_stderr = true;
  }
}

void set_identity(const ParsedArgs& args, spec::ContainerConfig& config) {
  config.name = args.get_string("name");
  if (args.has("hostname")) config.hostname = spec::parse_hostname(args.get_string("hostname"));
  if (args.has("domainname")) config.domainname = spec::parse_domainname(args.get_string("domainname"));
  for (const auto& path : args.get_list("label-file"))
    for (const auto& line : spec::parse_label_file(read_text_file(path, "--label-file"), path))
      config.labels.insert_or_assign(line.substr(0, line.find('=')),
                                     line.substr(std::min(line.find('='), line.size() - 1) + 1));
  for (const auto& text : args.get_list("label")) {
    auto [key, value] = spec::parse_label(text, "--label");
    config.labels.insert_or_assign(std::move(key), std::move(value));
  }
  for (const auto& text : args.get_list("annotation")) {
    auto [key, value] = spec::parse_label(text, "--annotation");
    config.annotations.insert_or_assign(std::move(key), std::move(value));
  }
}

std::vector<std::string> capability_list(const ParsedArgs& args, std::string_view option) {
  std::vector<std::string> names;
  for (const auto& value : args.get_list(option))
    for (const auto& name : split(value, ','))
      names.push_back(spec::normalize_capability(name, "--" + std::string(option)));
  return names;
}

// Checked here, resolved by the engine (engine/container_userns.hh). All containers are in U0, so "host" (as the user's
// own ids) and the default are one; the others nest a namespace in it.
void set_userns(const ParsedArgs& args, spec::ContainerConfig& config) {
  const std::string text = args.get_string("userns");
  if (spec::parse_userns(text).kind != spec::UsernsOption::Kind::shared) config.userns = text;
}

void set_devices(const ParsedArgs& args, spec::ContainerConfig& config) {
  for (const auto& text : args.get_list("gpus")) config.device_requests.push_back(spec::parse_gpus_option(text));
  spec::add_device_options(args.get_list("device"), config.devices, config.device_requests);
  for (const auto& text : args.get_list("device-cgroup-rule"))
    config.device_cgroup_rules.push_back(spec::parse_device_rule(text));
}

void set_isolation(const ParsedArgs& args, const HostView& host, spec::ContainerConfig& config) {
  set_userns(args, config);
  config.pid_mode = spec::parse_namespace_mode(args.get_string("pid"), "--pid");
  config.ipc_mode = spec::parse_namespace_mode(args.get_string("ipc"), "--ipc");
  config.uts_mode = spec::parse_namespace_mode(args.get_string("uts"), "--uts");
  config.cgroupns_mode = spec::parse_namespace_mode(args.get_string("cgroupns"), "--cgroupns");
  config.privileged = args.get_bool("privileged");
  config.cap_add = capability_list(args, "cap-add");
  config.cap_drop = capability_list(args, "cap-drop");
  for (const auto& name : host.settings.default_capabilities)
    config.base_capabilities.push_back(spec::normalize_capability(name, "default_capabilities of the configuration"));
  config.security_opt = args.get_list("security-opt");
  auto security = spec::parse_security_opts(config.security_opt);
  config.no_new_privileges = security.no_new_privileges;
  config.seccomp_profile = std::move(security.seccomp_profile);
  const auto is_seccomp = [](const std::string& text) { return text.starts_with("seccomp"); };
  if (std::none_of(config.security_opt.begin(), config.security_opt.end(), is_seccomp))
    config.seccomp_profile = host.settings.seccomp_profile;
  if (!config.seccomp_profile.empty() && config.seccomp_profile != "unconfined")
    config.seccomp_profile = absolute(config.seccomp_profile, host);
  config.apparmor_profile = std::move(security.apparmor_profile);
  config.selinux_label = std::move(security.selinux_label);
  config.mask = std::move(security.mask);
  config.unmask = std::move(security.unmask);
  for (const auto& text : args.get_list("sysctl")) config.sysctls.insert(spec::parse_sysctl_option(text));
  engine::add_default_sysctls(host.settings, config);
  set_devices(args, config);
}

void set_resources(const ParsedArgs& args, const HostView& host, spec::ContainerConfig& config) {
  spec::ResourceConfig& r = config.resources;
  r = resource_flags(args);
  if (!args.has("pids-limit")) r.pids_limit = host.settings.pids_limit;
  if (r.pids_limit == 0) r.pids_limit = -1;  // docker: 0 is "no limit" too
  spec::check_resources(r);
  config.cgroup_parent = args.get_string("cgroup-parent");
  config.no_cgroup = args.get_string("cgroups") == "disabled";
  config.oom_score_adj = args.find_int("oom-score-adj");
  for (const auto& text : args.get_list("ulimit")) config.ulimits.push_back(spec::parse_ulimit_option(text));
  engine::add_default_ulimits(host.settings, config);
  if (const auto v = given_or(args, "shm-size", host.settings.shm_size))
    config.shm_size_bytes = spec::parse_size_option(*v, "--shm-size");
}

void set_files(const ParsedArgs& args, const HostView& host, spec::ContainerConfig& config) {
  config.no_hostname_file = args.get_bool("no-hostname");
  config.read_only = given_or(args, "read-only", host.settings.read_only);
  config.read_only_tmpfs = args.get_bool("read-only-tmpfs");
  for (const auto& text : args.get_list("volume")) config.mounts.push_back(spec::parse_volume_option(text));
  for (const auto& text : args.get_list("mount")) config.mounts.push_back(spec::parse_mount_option(text));
  for (const auto& text : args.get_list("tmpfs")) config.mounts.push_back(spec::parse_tmpfs_option(text));
  config.volumes_from = args.get_list("volumes-from");
  for (const auto& text : args.get_list("secret")) config.secrets.push_back(spec::parse_secret_option(text));
  for (auto& mount : config.mounts)
    if (mount.type == spec::MountType::bind) mount.source = absolute(mount.source, host);
}

// The flags that docker had before options of --network: of the first network.
void set_addresses(const ParsedArgs& args, spec::NetworkConfig& network) {
  for (const char* flag : {"ip", "ip6", "mac-address", "network-alias"}) {
    const bool is_alias = std::string_view(flag) == "network-alias";
    std::vector<std::string> values;
    if (is_alias)
      values = args.get_list(flag);
    else if (auto value = args.find_string(flag))
      values.push_back(*std::move(value));
    if (values.empty()) continue;
    if (network.endpoints.empty())
      throw Error(ErrorKind::usage, format("--{} needs a network with addresses of its own", flag))
          .with_hint("make one: lichen network create NAME, then --network NAME");
    auto& endpoint = network.endpoints[0];
    for (const auto& value : values) {
      // An alias counts for every network, as podman's.
      if (is_alias) {
        for (auto& each : network.endpoints) spec::set_endpoint_option(flag, "alias=" + value, each);
      } else {
        spec::set_endpoint_option(flag, format("{}={}", flag, value), endpoint);
      }
    }
  }
}

void set_links(const ParsedArgs& args, spec::NetworkConfig& network) {
  if (find_option(args.command(), "link") == nullptr) return;  // pods have none
  if (args.has("link-local-ip"))
    throw Error(ErrorKind::unsupported,
                "--link-local-ip: containers of lichen have no further addresses in 169.254.0.0/16")
        .with_hint("use --ip and --ip6");
  for (const auto& text : args.get_list("link")) {
    if (network.endpoints.empty())
      throw Error(ErrorKind::usage, format("--link '{}' needs a network that both containers are on", text))
          .with_hint("make one: lichen network create NAME, then --network NAME for both");
    network.endpoints[0].links.push_back(spec::parse_link(text));
  }
}

}  // namespace

void set_network(const ParsedArgs& args, const HostView& host, spec::ContainerConfig& config) {
  const auto networks = args.get_list("network");
  spec::NetworkConfig& network = config.network;
  const engine::Settings& defaults = host.settings;
  const bool is_default = networks.empty() || networks[0] == "default" || networks[0] == "private";
  network = spec::parse_network_option(is_default ? host.settings.network : networks[0]);
  for (std::size_t i = 1; i < networks.size(); ++i) spec::add_network(network, spec::parse_network_option(networks[i]));
  set_addresses(args, network);
  set_links(args, network);
  for (const auto& text : given_or(args, "dns", defaults.dns_servers))
    network.dns.push_back(spec::parse_dns_server(text));
  for (const auto& text : given_or(args, "dns-search", defaults.dns_searches))
    network.dns_search.push_back(spec::parse_dns_search(text));
  for (const auto& text : given_or(args, "dns-option", defaults.dns_options))
    network.dns_options.push_back(spec::parse_dns_option(text));
  for (const auto& text : args.get_list("add-host"))
    for (auto& entry : spec::parse_add_host(text)) network.extra_hosts.push_back(std::move(entry));
  for (const auto& text : args.get_list("publish"))
    for (auto& port : spec::parse_port_option(text)) network.ports.push_back(std::move(port));
  if (find_option(args.command(), "expose") != nullptr) {  // pods have no images whose ports could be published
    for (const auto& text : args.get_list("expose"))
      for (auto& port : spec::parse_expose_option(text)) network.expose.push_back(std::move(port));
    network.publish_all = args.get_bool("publish-all");
  }
  network.no_hosts = given_or(args, "no-hosts", defaults.no_hosts && !args.has("add-host"));
}

namespace {

void set_life(const ParsedArgs& args, const HostView& host, spec::ContainerConfig& config) {
  config.log = spec::parse_log_options(args.find_string("log-driver").value_or(host.settings.log_driver),
                                       args.get_list("log-opt"));
  if (!config.log.options.contains("max-size") && config.log.driver.ends_with("-file"))
    config.log.max_size_bytes = host.settings.log_max_size;
  config.auto_remove = args.get_bool("rm");
  const auto restart = spec::parse_restart_policy(args.get_string("restart"));
  config.restart = restart.policy;
  config.restart_max_retries = restart.max_retries;
  config.runtime = args.get_string("runtime");
  if (config.runtime.find('/') != std::string::npos) config.runtime = absolute(config.runtime, host);
  if (const auto path = args.find_string("pidfile")) config.pidfile = absolute(*path, host);
  if (const auto path = args.find_string("cidfile")) config.cidfile = absolute(*path, host);
  config.platform = platform_flags(args);
  config.sdnotify = args.get_string("sdnotify");
}

}  // namespace

std::string platform_flags(const ParsedArgs& args) {
  const std::string arch = args.get_string("arch"), os = args.get_string("os"), variant = args.get_string("variant");
  if (arch.empty() && os.empty() && variant.empty()) return args.get_string("platform");
  if (args.has("platform")) throw_usage(args.command(), "--platform says it all: leave out --arch, --os and --variant");
  const spec::Platform host = spec::host_platform();
  spec::Platform wanted{os.empty() ? host.os : os, arch.empty() ? host.architecture : arch, variant};
  return wanted.str();
}

std::vector<std::string> collect_env(const ParsedArgs& args, const std::vector<std::string>& environment) {
  const auto lookup = lookup_in(environment);
  std::vector<std::string> entries;
  for (const char* option : {"env-file", "env-from-file"}) {  // the latter is compose's
    if (find_option(args.command(), option) == nullptr) continue;
    for (const auto& path : args.get_list(option))
      entries =
          spec::merge_env(entries, spec::parse_env_file(read_text_file(path, format("--{}", option)), path, lookup));
  }
  const auto names = names_in(environment);
  for (const auto& text : args.get_list("env"))
    entries = spec::merge_env(entries, spec::parse_env_option(text, lookup, names));
  return entries;
}

ContainerRequest container_request(const ParsedArgs& args, const HostView& host, const std::vector<std::string>& argv) {
  ContainerRequest request;
  spec::ContainerConfig& config = request.config;
  config.create_command = argv;
  const std::string& image = args.positionals().at(0);
  if (args.get_bool("rootfs"))
    config.rootfs_path = absolute(image, host);
  else
    config.image_name = image;
  request.replace = args.get_bool("replace");
  request.quiet = args.get_bool("quiet");
  request.tls_verify = args.get_bool("tls-verify");
  request.authfile = args.find_string("authfile");
  request.creds = args.get_string("creds");
  request.pull = args.find_string("pull").value_or(host.settings.pull_policy);
  set_process(args, host, request);
  set_attachment(args, host, request);
  set_identity(args, config);
  set_network(args, host, config);
  set_isolation(args, host, config);
  set_resources(args, host, config);
  set_files(args, host, config);
  set_life(args, host, config);
  set_health(args, request);
  if (find_option(args.command(), "rmi") != nullptr && args.get_bool("rmi")) {
    request.remove_image = true;
    config.auto_remove = true;  // podman: it implies --rm
  }
  if (config.log.driver == "passthrough") config.attach_stdin = config.attach_stdout = config.attach_stderr = false;
  check_combinations(args, request);
  return request;
}

}  // namespace lichen::cli
