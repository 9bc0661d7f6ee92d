#include "src/container_flags_check.hh"

#include <set>

#include "libpod/base/error.hh"
#include "libpod/spec/options.hh"

namespace lichen::cli {
namespace {

[[noreturn]] void conflict(const ParsedArgs& args, std::string_view a, std::string_view b) {
  throw_usage(args.command(), format("conflicting options: cannot specify both {} and {}", a, b));
}

// These belong to the container whose network is joined.
void check_joined_network(const ParsedArgs& args, const spec::NetworkConfig& network) {
  if (network.mode != "container") return;
  for (const std::string_view option :
       {"hostname", "publish", "publish-all", "expose", "dns", "dns-search", "dns-option", "add-host"})
    if (args.has(option)) conflict(args, "--" + std::string(option), "--network container:" + network.target);
}

void check_shared_names(const ParsedArgs& args, const spec::ContainerConfig& config) {
  if (config.uts_mode.empty()) return;
  for (const std::string_view option : {"hostname", "domainname"})
    if (args.has(option)) conflict(args, "--" + std::string(option), "--uts " + config.uts_mode);
}

void check_mounts(const ParsedArgs& args, const spec::ContainerConfig& config) {
  std::set<std::string_view> seen;
  for (const auto& mount : config.mounts)
    if (!seen.insert(mount.destination).second)
      throw_usage(args.command(), format("duplicate mount point: {}", mount.destination));
}

void check_sysctls(const spec::ContainerConfig& config) {
  const bool shares_network = config.network.mode == "host" || config.network.mode == "container";
  const bool shares_ipc = config.ipc_mode == "host" || config.ipc_mode.starts_with("container:");
  for (const auto& [name, value] : config.sysctls) spec::check_sysctl_namespace(name, shares_network, shares_ipc);
}

}  // namespace

void check_content_trust(const ParsedArgs& args) {
  if (!args.get_bool("disable-content-trust"))
    throw Error(ErrorKind::unsupported, "--disable-content-trust=false: lichen checks no notary signatures")
        .with_hint("name the content itself: NAME@sha256:... is checked on every pull");
}

void check_combinations(const ParsedArgs& args, const ContainerRequest& request) {
  const spec::ContainerConfig& config = request.config;
  check_content_trust(args);
  if (request.detach && args.has("attach")) conflict(args, "--attach", "--detach");
  if (config.auto_remove && config.restart != spec::RestartPolicy::no) conflict(args, "--restart", "--rm");
  if (config.network.no_hosts && args.has("add-host")) conflict(args, "--add-host", "--no-hosts");
  if (request.remove_image && request.detach) conflict(args, "--rmi", "--detach");
  if (request.remove_image && !config.rootfs_path.empty()) conflict(args, "--rmi", "--rootfs");
  if (config.no_cgroup && !config.cgroup_parent.empty()) conflict(args, "--cgroups disabled", "--cgroup-parent");
  if (!config.init_path.empty() && !config.init) throw_usage(args.command(), "--init-path needs --init");
  if (request.replace && config.name.empty())
    throw_usage(args.command(), "--replace needs --name: it says which container to replace");
  if (!config.rootfs_path.empty() && !config.platform.empty()) conflict(args, "--platform", "--rootfs");
  if (config.oom_score_adj && (*config.oom_score_adj < -1000 || *config.oom_score_adj > 1000))
    throw_usage(args.command(), format("--oom-score-adj '{}': must be between -1000 and 1000", *config.oom_score_adj));
  if (config.stop_timeout_s < -1) throw_usage(args.command(), "--stop-timeout: must be -1 or more");
  if (config.log.driver == "passthrough" && config.tty) conflict(args, "--log-driver passthrough", "--tty");
  if (config.log.driver == "passthrough" && args.has("attach")) conflict(args, "--attach", "--log-driver passthrough");
  check_joined_network(args, config.network);
  check_shared_names(args, config);
  check_mounts(args, config);
  check_sysctls(config);
}

}  // namespace lichen::cli
