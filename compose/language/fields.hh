// Each struct of the model field by field, in the order in which docker compose prints them: the one list that reading
// (read_model.cc) and writing (write_model.cc) share, so that no key can be read and not printed. `v` is told the key
// and the field; members such as v.bytes say how a number is written.
#pragma once

#include "compose/language/model.hh"

namespace lichen::compose {

template <typename T>
struct Fields;

template <>
struct Fields<FileReference> {
  static void each(auto& v, auto& x) {
    v("source", x.source);
    v("target", x.target);
    v("uid", x.uid);
    v("gid", x.gid);
    v.mode("mode", x.mode);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<WeightDevice> {
  static void each(auto& v, auto& x) {
    v.untagged("path", "Path", x.path);
    v.untagged("weight", "Weight", x.weight);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<ThrottleDevice> {
  static void each(auto& v, auto& x) {
    v.untagged("path", "Path", x.path);
    v.untagged_bytes("rate", "Rate", x.rate);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<BlkioConfig> {
  static void each(auto& v, auto& x) {
    v("weight", x.weight);
    v("weight_device", x.weight_device);
    v("device_read_bps", x.device_read_bps);
    v("device_read_iops", x.device_read_iops);
    v("device_write_bps", x.device_write_bps);
    v("device_write_iops", x.device_write_iops);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<Build> {
  static void each(auto& v, auto& x) {
    v("context", x.context);
    v("dockerfile", x.dockerfile);
    v("dockerfile_inline", x.dockerfile_inline);
    v("entitlements", x.entitlements);
    v("args", x.args);
    v("provenance", x.provenance);
    v("sbom", x.sbom);
    v.ssh("ssh", x.ssh);
    v("labels", x.labels);
    v("cache_from", x.cache_from);
    v("cache_to", x.cache_to);
    v("no_cache", x.no_cache);
    v("no_cache_filter", x.no_cache_filter);
    v("additional_contexts", x.additional_contexts);
    v("pull", x.pull);
    v.hosts("extra_hosts", x.extra_hosts);
    v("isolation", x.isolation);
    v("network", x.network);
    v("target", x.target);
    v("secrets", x.secrets);
    v.bytes("shm_size", x.shm_size);
    v("tags", x.tags);
    v("ulimits", x.ulimits);
    v("platforms", x.platforms);
    v("privileged", x.privileged);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<Hook> {
  static void each(auto& v, auto& x) {
    v.always("command", x.command);
    v("image", x.image);
    v("user", x.user);
    v("privileged", x.privileged);
    v("working_dir", x.working_dir);
    v("environment", x.environment);
    v("per_replica", x.per_replica);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<Watch> {
  static void each(auto& v, auto& x) {
    v("path", x.path);
    v("action", x.action);
    v("target", x.target);
    v("exec", x.exec);
    v("include", x.include);
    v("ignore", x.ignore);
    v("initial_sync", x.initial_sync);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<DependsOn> {
  static void each(auto& v, auto& x) {
    v("condition", x.condition);
    v("restart", x.restart);
    v.always("required", x.required);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<DeviceRequest> {
  static void each(auto& v, auto& x) {
    v("capabilities", x.capabilities);
    v("driver", x.driver);
    v.count("count", x.count);
    v("device_ids", x.device_ids);
    v("options", x.options);
  }
};

template <>
struct Fields<UpdateConfig> {
  static void each(auto& v, auto& x) {
    v("parallelism", x.parallelism);
    v("delay", x.delay);
    v("failure_action", x.failure_action);
    v("monitor", x.monitor);
    v("max_failure_ratio", x.max_failure_ratio);
    v("order", x.order);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<GenericResource> {
  static void each(auto& v, auto& x) {
    v.inside("discrete_resource_spec", [&](auto& inner) {
      inner.always("kind", x.kind);
      inner.always("value", x.value);
    });
  }
};

template <>
struct Fields<Resource> {
  static void each(auto& v, auto& x) {
    v("cpus", x.cpus);
    v.bytes("memory", x.memory);
    v("pids", x.pids);
    v("devices", x.devices);
    v("generic_resources", x.generic_resources);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<RestartPolicy> {
  static void each(auto& v, auto& x) {
    v("condition", x.condition);
    v("delay", x.delay);
    v("max_attempts", x.max_attempts);
    v("window", x.window);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<Placement> {
  static void each(auto& v, auto& x) {
    v("constraints", x.constraints);
    v.spreads("preferences", x.preferences);
    v("max_replicas_per_node", x.max_replicas_per_node);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<Deploy> {
  static void each(auto& v, auto& x) {
    v("mode", x.mode);
    v("replicas", x.replicas);
    v("labels", x.labels);
    v("update_config", x.update_config);
    v("rollback_config", x.rollback_config);
    v.inside("resources", [&](auto& inner) {
      inner("limits", x.limits);
      inner("reservations", x.reservations);
    });
    v("restart_policy", x.restart_policy);
    v.inside("placement", [&](auto& inner) { Fields<Placement>::each(inner, x.placement); });
    v("endpoint_mode", x.endpoint_mode);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<Device> {
  static void each(auto& v, auto& x) {
    v("source", x.source);
    v("target", x.target);
    v("permissions", x.permissions);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<EnvFile> {
  static void each(auto& v, auto& x) {
    v("path", x.path);
    v.always("required", x.required);
    v("format", x.format);
  }
};

template <>
struct Fields<Healthcheck> {
  static void each(auto& v, auto& x) {
    v("test", x.test);
    v("timeout", x.timeout);
    v("interval", x.interval);
    v("retries", x.retries);
    v("start_period", x.start_period);
    v("start_interval", x.start_interval);
    v("disable", x.disable);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<Logging> {
  static void each(auto& v, auto& x) {
    v("driver", x.driver);
    v("options", x.options);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<NetworkAttachment> {
  static void each(auto& v, auto& x) {
    v("aliases", x.aliases);
    v("driver_opts", x.driver_opts);
    v("gw_priority", x.gw_priority);
    v("interface_name", x.interface_name);
    v("ipv4_address", x.ipv4_address);
    v("ipv6_address", x.ipv6_address);
    v("link_local_ips", x.link_local_ips);
    v("mac_address", x.mac_address);
    v("priority", x.priority);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<Port> {
  static void each(auto& v, auto& x) {
    v("name", x.name);
    v("mode", x.mode);
    v("host_ip", x.host_ip);
    v("target", x.target);
    v("published", x.published);
    v("protocol", x.protocol);
    v("app_protocol", x.app_protocol);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<Mount::Bind> {
  static void each(auto& v, auto& x) {
    v("selinux", x.selinux);
    v("propagation", x.propagation);
    v.always("create_host_path", x.create_host_path);
    v("recursive", x.recursive);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<Mount::Volume> {
  static void each(auto& v, auto& x) {
    v("labels", x.labels);
    v("nocopy", x.nocopy);
    v("subpath", x.subpath);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<Mount::Tmpfs> {
  static void each(auto& v, auto& x) {
    v.bytes("size", x.size);
    v.octal("mode", x.mode);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<Mount::Image> {
  static void each(auto& v, auto& x) {
    v("subpath", x.subpath);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<Mount> {
  static void each(auto& v, auto& x) {
    v("type", x.type);
    v("source", x.source);
    v("target", x.target);
    v("read_only", x.read_only);
    v("consistency", x.consistency);
    v("bind", x.bind);
    v("volume", x.volume);
    v("tmpfs", x.tmpfs);
    v("image", x.image);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<Provider> {
  static void each(auto& v, auto& x) {
    v("type", x.type);
    v.lists("options", x.options);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<ModelUse> {
  static void each(auto& v, auto& x) {
    v("endpoint_var", x.endpoint_var);
    v("model_var", x.model_var);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<CredentialSpec> {
  static void each(auto& v, auto& x) {
    v("config", x.config);
    v("file", x.file);
    v("registry", x.registry);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<IpamPool> {
  static void each(auto& v, auto& x) {
    v("subnet", x.subnet);
    v("gateway", x.gateway);
    v("ip_range", x.ip_range);
    v("aux_addresses", x.aux_addresses);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<Network> {
  static void each(auto& v, auto& x) {
    v("name", x.name);
    v("driver", x.driver);
    v("driver_opts", x.driver_opts);
    v.inside("ipam", [&](auto& inner) {
      inner("driver", x.ipam_driver);
      inner("config", x.ipam_config);
      inner("options", x.ipam_options);
      inner.extensions(x.ipam_extensions);
    });
    v("external", x.external);
    v("internal", x.internal);
    v("attachable", x.attachable);
    v("labels", x.labels);
    v("enable_ipv4", x.enable_ipv4);
    v("enable_ipv6", x.enable_ipv6);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<Volume> {
  static void each(auto& v, auto& x) {
    v("name", x.name);
    v("driver", x.driver);
    v("driver_opts", x.driver_opts);
    v("external", x.external);
    v("labels", x.labels);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<FileObject> {
  static void each(auto& v, auto& x) {
    v("name", x.name);
    v("file", x.file);
    v("environment", x.environment);
    v.content("content", x);
    v("external", x.external);
    v("labels", x.labels);
    v("driver", x.driver);
    v("driver_opts", x.driver_opts);
    v("template_driver", x.template_driver);
    v.extensions(x.extensions);
  }
};

template <>
struct Fields<AiModel> {
  static void each(auto& v, auto& x) {
    v("name", x.name);
    v("model", x.model);
    v("context_size", x.context_size);
    v("runtime_flags", x.runtime_flags);
    v.extensions(x.extensions);
  }
};

}  // namespace lichen::compose
