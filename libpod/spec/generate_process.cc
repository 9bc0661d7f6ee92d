#include <algorithm>

#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/spec/capabilities.hh"
#include "libpod/spec/env.hh"
#include "libpod/spec/generate_parts.hh"
#include "libpod/spec/resources.hh"

namespace lichen::spec {
namespace {

OciUser oci_user(const ContainerConfig& config, const HostFacts& facts) {
  OciUser user;
  user.uid = facts.user.uid;
  user.gid = facts.user.gid;
  const auto umask = parse_octal(config.umask);
  if (!umask) throw_error(ErrorKind::invalid, "umask '{}': not octal", config.umask);
  user.umask = *umask;
  // keep-groups: the caller's groups stay, which only works when no list is set (setgroups(2)).
  for (const auto& group : config.groups)
    if (group == "keep-groups") return user;
  user.additional_gids = facts.user.additional_gids;
  for (const auto gid : facts.device_edits.additional_gids)
    if (std::ranges::find(user.additional_gids, gid) == user.additional_gids.end()) user.additional_gids.push_back(gid);
  return user;
}

// Inheritable and ambient stay empty: a program with inheritable file capabilities must not gain any (CVE-2022-29162
// and its kin).
OciCapabilities oci_capabilities(const ContainerConfig& config, const HostFacts& facts, bool privileged) {
  OciCapabilities sets;
  sets.bounding = compute_capabilities(config.cap_add, config.cap_drop, privileged, facts.available_capabilities,
                                       config.base_capabilities);
  sets.effective = sets.bounding;
  sets.permitted = sets.bounding;
  return sets;
}

std::string working_dir(const std::string& asked) { return clean_path("/" + asked); }

OciProcess common_process(const ContainerConfig& config, const HostFacts& facts, bool privileged) {
  OciProcess process;
  process.user = oci_user(config, facts);
  process.capabilities = oci_capabilities(config, facts, privileged);
  for (const auto& ulimit : config.ulimits) process.rlimits.push_back(to_oci_rlimit(ulimit));
  process.no_new_privileges = config.no_new_privileges;
  if (config.apparmor_profile != "unconfined" && !privileged) process.apparmor_profile = config.apparmor_profile;
  if (config.oom_score_adj) process.oom_score_adj = static_cast<int>(*config.oom_score_adj);
  return process;
}

}  // namespace

std::vector<std::string> process_env(const ContainerConfig& config, const HostFacts& facts, bool tty) {
  std::vector<std::string> base{"PATH=" + std::string(kDefaultPath), "HOSTNAME=" + container_hostname(config, facts)};
  if (tty) base.emplace_back("TERM=xterm");
  base.insert(base.end(), facts.link_env.begin(), facts.link_env.end());
  std::vector<std::string> env = merge_env(merge_env(base, config.env), facts.secret_env);
  env = merge_env(env, facts.device_edits.env);
  env = merge_env(env, facts.supervisor_env);
  if (!find_env(env, "HOME")) env.push_back("HOME=" + facts.user.home);
  return env;
}

OciProcess generate_process(const ContainerConfig& config, const HostFacts& facts) {
  OciProcess process = common_process(config, facts, config.privileged);
  process.terminal = config.tty;
  process.args = config.entrypoint;
  process.args.insert(process.args.end(), config.command.begin(), config.command.end());
  if (process.args.empty() || process.args[0].empty())
    throw Error(ErrorKind::usage, "no command specified: the image has none and none is given")
        .with_hint("add the command after the image");
  if (config.init) {
    if (facts.init_path.empty())
      throw Error(ErrorKind::unsupported, "--init: no init program is installed")
          .with_hint("install the package catatonit or tini");
    if (config.holder)
      process.args = {std::string(kInitPath), "--hold"};
    else
      process.args.insert(process.args.begin(), {std::string(kInitPath), "--"});
  }
  process.env = process_env(config, facts, config.tty);
  process.cwd = working_dir(config.working_dir);
  return process;
}

OciProcess generate_exec_process(const ContainerConfig& config, const HostFacts& facts, std::vector<std::string> args,
                                 const std::vector<std::string>& exec_env, const std::string& cwd, bool tty,
                                 bool privileged) {
  OciProcess process = common_process(config, facts, privileged || config.privileged);
  process.terminal = tty;
  process.args = std::move(args);
  process.env = merge_env(process_env(config, facts, tty), exec_env);
  process.cwd = working_dir(cwd.empty() ? config.working_dir : cwd);
  return process;
}

}  // namespace lichen::spec
