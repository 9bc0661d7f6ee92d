// The fields of a service; see fields.hh.
#pragma once

#include "compose/language/fields.hh"

namespace lichen::compose {

template <>
struct Fields<Service> {
  static void each(auto& v, auto& x) {
    to_dns(v, x);
    to_logging(v, x);
    to_ulimits(v, x);
    v("use_api_socket", x.use_api_socket);
    v("user", x.user);
    v("userns_mode", x.userns_mode);
    v("uts", x.uts);
    v("volumes", x.volumes);
    v("volumes_from", x.volumes_from);
    v("working_dir", x.working_dir);
    v("pre_start", x.pre_start);
    v("post_start", x.post_start);
    v("pre_stop", x.pre_stop);
    v.extensions(x.extensions);
  }

 private:
  static void to_dns(auto& v, auto& x) {
    v("profiles", x.profiles);
    v("annotations", x.annotations);
    v("attach", x.attach);
    v("build", x.build);
    v.inside(
        "develop",
        [&](auto& inner) {
          inner("watch", x.watch);
          inner.extensions(x.develop_extensions);
        },
        /*is_optional=*/true);
    v("blkio_config", x.blkio_config);
    v("cap_add", x.cap_add);
    v("cap_drop", x.cap_drop);
    v("cgroup_parent", x.cgroup_parent);
    v("cgroup", x.cgroup);
    v("cpu_count", x.cpu_count);
    v("cpu_percent", x.cpu_percent);
    v("cpu_period", x.cpu_period);
    v("cpu_quota", x.cpu_quota);
    v("cpu_rt_period", x.cpu_rt_period);
    v("cpu_rt_runtime", x.cpu_rt_runtime);
    v("cpus", x.cpus);
    v("cpuset", x.cpuset);
    v("cpu_shares", x.cpu_shares);
    v.command("command", x.command);
    v("configs", x.configs);
    v("container_name", x.container_name);
    v("credential_spec", x.credential_spec);
    v("depends_on", x.depends_on);
    v("deploy", x.deploy);
    v("device_cgroup_rules", x.device_cgroup_rules);
    v("devices", x.devices);
    v("dns", x.dns);
    v("dns_opt", x.dns_opt);
    v("dns_search", x.dns_search);
  }

  static void to_logging(auto& v, auto& x) {
    v("domainname", x.domainname);
    v.command("entrypoint", x.entrypoint);
    v("provider", x.provider);
    v("environment", x.environment);
    v("env_file", x.env_file);
    v("expose", x.expose);
    v("external_links", x.external_links);
    v.hosts("extra_hosts", x.extra_hosts);
    v("group_add", x.group_add);
    v("gpus", x.gpus);
    v("hostname", x.hostname);
    v("healthcheck", x.healthcheck);
    v("image", x.image);
    v("init", x.init);
    v("ipc", x.ipc);
    v("isolation", x.isolation);
    v("labels", x.labels);
    v("label_file", x.label_file);
    v("links", x.links);
    v("logging", x.logging);
  }

  static void to_ulimits(auto& v, auto& x) {
    v.bytes("mem_limit", x.mem_limit);
    v.bytes("mem_reservation", x.mem_reservation);
    v.bytes("memswap_limit", x.memswap_limit);
    v.bytes("mem_swappiness", x.mem_swappiness);
    v("mac_address", x.mac_address);
    v("models", x.models);
    v("network_mode", x.network_mode);
    v("networks", x.networks);
    v("oom_kill_disable", x.oom_kill_disable);
    v("oom_score_adj", x.oom_score_adj);
    v("pid", x.pid);
    v("pids_limit", x.pids_limit);
    v("platform", x.platform);
    v("ports", x.ports);
    v("privileged", x.privileged);
    v("pull_policy", x.pull_policy);
    v("pull_refresh_after", x.pull_refresh_after);
    v("read_only", x.read_only);
    v("restart", x.restart);
    v("runtime", x.runtime);
    v("scale", x.scale);
    v("secrets", x.secrets);
    v("security_opt", x.security_opt);
    v.bytes("shm_size", x.shm_size);
    v("stdin_open", x.stdin_open);
    v("stop_grace_period", x.stop_grace_period);
    v("stop_signal", x.stop_signal);
    v("storage_opt", x.storage_opt);
    v("sysctls", x.sysctls);
    v("tmpfs", x.tmpfs);
    v("tty", x.tty);
    v("ulimits", x.ulimits);
  }
};

}  // namespace lichen::compose
