// A compose project as plain structs, fully resolved: files merged, `include` and `extends` done, variables replaced,
// short forms made long, defaults filled in, references checked. This is all that the commands need to know of the
// file.
//
// Networks, volumes, secrets and configs are keyed by their key in the file, which is what services refer to; `name` is
// what they are called on the machine (PROJECT_KEY unless `name` was written). What no service uses has been left out
// of networks (as docker compose does for the implicit default network) but not of the other three. See model_parts.hh
// for what an empty value means.
#pragma once

#include "compose/language/model_parts.hh"

namespace lichen::compose {

struct Service {
  std::string name;
  Place place;  // of its key

  Strings profiles;  // empty: always active
  Mapping annotations;
  std::optional<bool> attach;  // not written = true
  std::optional<Build> build;
  std::vector<Watch> watch;  // develop.watch
  std::optional<BlkioConfig> blkio_config;
  Strings cap_add, cap_drop;
  std::string cgroup_parent, cgroup;  // cgroup: "", host, private
  std::int64_t cpu_count = 0;
  double cpu_percent = 0;
  std::int64_t cpu_period = 0, cpu_quota = 0, cpu_rt_period = 0, cpu_rt_runtime = 0;  // microseconds
  double cpus = 0;
  std::string cpuset;
  std::int64_t cpu_shares = 0;
  std::optional<Strings> command;  // argv; not written: the image's, empty: none
  std::vector<FileReference> configs;
  std::string container_name;
  std::optional<CredentialSpec> credential_spec;
  std::map<std::string, DependsOn> depends_on;  // service → how; implied ones (links, service:X …) included
  std::optional<Deploy> deploy;
  Strings device_cgroup_rules;
  std::vector<Device> devices;
  Strings dns, dns_opt, dns_search;
  std::string domainname;
  std::optional<Strings> entrypoint;  // argv; not written: the image's, empty: none
  std::optional<Provider> provider;
  OptionalMapping environment;    // env_file and null values resolved
  std::vector<EnvFile> env_file;  // empty once read into `environment`
  Strings expose;                 // PORT[-PORT][/PROTOCOL]
  Strings external_links;
  std::map<std::string, Strings> extra_hosts;  // host → addresses
  Strings group_add;
  std::vector<DeviceRequest> gpus;
  std::string hostname;
  std::optional<Healthcheck> healthcheck;
  std::string image;
  std::optional<bool> init;
  std::string ipc;  // "", shareable, private, host, none, service:NAME, container:NAME
  std::string isolation;
  Mapping labels;      // label_file resolved
  Strings label_file;  // empty once read into `labels`
  Strings links;       // SERVICE[:ALIAS]
  std::optional<Logging> logging;
  Bytes mem_limit = 0, mem_reservation = 0;
  Bytes memswap_limit = 0;                     // memory + swap; -1 = unlimited
  std::optional<std::int64_t> mem_swappiness;  // 0..100
  std::string mac_address;
  std::map<std::string, ModelUse> models;
  std::string
      network_mode;  // "" unless written (then `networks` is empty): none, host, bridge, service:NAME, container:NAME …
  std::map<std::string, std::optional<NetworkAttachment>> networks;  // key → how; {"default"} when nothing was written
  bool oom_kill_disable = false;
  std::int64_t oom_score_adj = 0;  // -1000..1000
  std::string pid;                 // "", host, service:NAME, container:NAME
  std::int64_t pids_limit = 0;     // -1 = unlimited
  std::string platform;            // os[/arch[/variant]]
  std::vector<Port> ports;
  std::vector<Hook> pre_start, post_start, pre_stop;
  bool privileged = false;
  std::string pull_policy;  // "", always, never, build, missing, if_not_present, refresh, daily, weekly, every_DURATION
  std::string pull_refresh_after;
  bool read_only = false;
  std::string restart;  // "", no, always, on-failure[:N], unless-stopped
  std::string runtime;
  std::optional<std::uint32_t> scale;  // use replicas()
  std::vector<FileReference> secrets;
  Strings security_opt;
  Bytes shm_size = 0;
  bool stdin_open = false;
  std::optional<Duration> stop_grace_period;  // not written = 10 s
  std::string stop_signal;
  Mapping storage_opt;
  Mapping sysctls;
  Strings tmpfs;  // PATH[:OPTIONS]
  bool tty = false;
  std::map<std::string, Ulimit> ulimits;
  bool use_api_socket = false;
  std::string user, userns_mode, uts;
  std::vector<Mount> volumes;
  Strings volumes_from;  // SERVICE[:ro|rw] or container:NAME[:ro|rw]
  std::string working_dir;
  Json develop_extensions;
  Json extensions;

  /// How many containers: `scale`, else deploy.replicas, else 1.
  std::uint32_t replicas() const { return scale ? *scale : deploy && deploy->replicas ? *deploy->replicas : 1; }
};

struct IpamPool {
  std::string subnet, gateway, ip_range;
  Mapping aux_addresses;
  Json extensions;
};

struct Network {
  std::string name;
  std::string driver;
  Mapping driver_opts;
  std::string ipam_driver;
  std::vector<IpamPool> ipam_config;
  Mapping ipam_options;
  bool external = false;  // must be there already, never removed
  bool internal = false, attachable = false;
  Mapping labels;
  std::optional<bool> enable_ipv4, enable_ipv6;
  Json ipam_extensions;
  Json extensions;
};

struct Volume {
  std::string name;
  std::string driver;
  Mapping driver_opts;
  bool external = false;
  Mapping labels;
  Json extensions;
};

/// A secret or config. Of file, environment, content one is written, or `external` is true.
struct FileObject {
  std::string name;
  std::string file;                    // absolute
  std::string environment;             // name of the variable that holds it
  std::optional<std::string> content;  // as written, or the value of `environment` (not set: it is not there)
  bool external = false;
  Mapping labels;
  std::string driver;
  Mapping driver_opts;
  std::string template_driver;
  Json extensions;
};

/// Top level `models`.
struct AiModel {
  std::string name, model;
  std::int64_t context_size = 0;
  Strings runtime_flags;
  Json extensions;
};

struct Project {
  std::string name;
  char separator = '-';     // in names of containers and images; '_' with --compatibility
  std::string working_dir;  // absolute: the project directory, base of relative paths
  Strings compose_files;    // absolute paths as given or found, "-" for standard input; included files not among them
  std::vector<Service> services;           // active ones (profiles), by name
  std::vector<Service> disabled_services;  // of inactive profiles, by name
  std::map<std::string, Network> networks;
  std::map<std::string, Volume> volumes;
  std::map<std::string, FileObject> secrets, configs;
  std::map<std::string, AiModel> models;
  Mapping environment;  // what variables were replaced from: .env, the caller's environment, COMPOSE_PROJECT_NAME
  Strings profiles;     // the active ones
  Json extensions;

  const Service* find_service(std::string_view service_name) const;
};

}  // namespace lichen::compose
