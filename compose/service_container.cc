#include "compose/service_container.hh"

#include <algorithm>
#include <limits>

#include "compose/labels.hh"
#include "compose/language/logging.hh"
#include "compose/language/render.hh"
#include "compose/possible_limits.hh"
#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/container_defaults.hh"
#include "libpod/spec/capabilities.hh"
#include "libpod/spec/cdi.hh"
#include "libpod/spec/devices.hh"
#include "libpod/spec/mounts.hh"
#include "libpod/spec/network_mode.hh"
#include "libpod/spec/options.hh"
#include "libpod/spec/ports.hh"
#include "libpod/spec/resources.hh"

namespace lichen::compose {
namespace {

class RequestMaker {
 public:
  RequestMaker(const Project& project, const Service& service, const ReplicaName& name, const ContainerSources& sources)
      : project_(project), service_(service), name_(name), sources_(sources), config_(request_.config) {}

  engine::CreateRequest make() {
    set_process();
    set_identity();
    set_network();
    set_isolation();
    set_resources();
    for (const auto& mount : service_.volumes) add_mount(mount);
    for (const auto& text : service_.tmpfs) config_.mounts.push_back(spec::parse_tmpfs_option(text));
    add_files(service_.secrets, project_.secrets, "secret");
    add_files(service_.configs, project_.configs, "config");
    set_volumes_from();
    set_life();
    set_health();
    return std::move(request_);
  }

 private:
  void set_process() {
    config_.image_name = image_of(service_, project_);
    if (service_.command) config_.command = *service_.command;
    if (service_.entrypoint) config_.entrypoint = *service_.entrypoint;
    request_.gave.entrypoint = service_.entrypoint.has_value();
    for (const auto& [key, value] : service_.environment)
      if (value) config_.env.push_back(key + "=" + *value);
    request_.gave.base_env = sources_.settings.env;
    config_.user = service_.user;
    request_.gave.user = !service_.user.empty();
    config_.groups = service_.group_add;
    config_.working_dir = service_.working_dir;
    request_.gave.working_dir = !service_.working_dir.empty();
    config_.interactive = service_.stdin_open;
    config_.tty = service_.tty;
    if (!service_.stop_signal.empty()) config_.stop_signal = spec::parse_signal(service_.stop_signal).name;
    request_.gave.stop_signal = !service_.stop_signal.empty();
    config_.stop_timeout_s = sources_.settings.stop_timeout_s;
    if (service_.stop_grace_period)
      config_.stop_timeout_s = std::chrono::ceil<std::chrono::seconds>(*service_.stop_grace_period).count();
    config_.init = service_.init.value_or(sources_.settings.init);
    config_.timezone = sources_.settings.timezone;
    if (!sources_.settings.umask.empty()) config_.umask = spec::parse_umask(sources_.settings.umask);
  }

  void set_identity() {
    config_.name = name_.container;
    config_.hostname = service_.hostname.empty() ? "" : spec::parse_hostname(service_.hostname);
    config_.domainname = service_.domainname.empty() ? "" : spec::parse_domainname(service_.domainname);
    config_.labels = service_.labels;
    config_.annotations = service_.annotations;
    auto& labels = config_.labels;
    labels[label::kProject] = project_.name;
    labels[label::kService] = service_.name;
    labels[label::kNumber] = format("{}", name_.number);
    labels[label::kOneOff] = name_.one_off ? "True" : "False";
    labels[label::kConfigHash] = config_hash(service_);
    labels[label::kWorkingDir] = project_.working_dir;
    labels[label::kConfigFiles] = join(project_.compose_files, ",");
    labels[label::kVersion] = label::kVersionValue;
    if (!sources_.image_digest.empty()) labels[label::kImage] = sources_.image_digest;
    Strings dependencies;
    for (const auto& [other, how] : service_.depends_on)
      dependencies.push_back(format("{}:{}:{}", other,
                                    how.condition == DependsOn::Condition::service_healthy ? "service_healthy"
                                    : how.condition == DependsOn::Condition::service_completed_successfully
                                        ? "service_completed_successfully"
                                        : "service_started",
                                    how.restart ? "true" : "false"));
    labels[label::kDependsOn] = join(dependencies, ",");
  }

  // service:X and container:NAME; what is shared is that container's.
  std::string shared(const std::string& mode) {
    constexpr std::string_view kService = "service:";
    if (!mode.starts_with(kService)) return mode;
    return "container:" + sources_.container_of(mode.substr(kService.size()));
  }

  void set_network() {
    spec::NetworkConfig& network = config_.network;
    if (!service_.network_mode.empty()) {
      network = spec::parse_network_option(shared(service_.network_mode));
    } else {
      network.mode = service_.networks.empty() ? "none" : "network";
      network.endpoints = endpoints();
      if (!network.endpoints.empty()) network.target = network.endpoints[0].network;  // as --network leaves it
    }
    if (!network.endpoints.empty())
      for (const auto& link : service_.links) add_link(link);
    const auto& settings = sources_.settings;
    for (const auto& text : service_.dns.empty() ? settings.dns_servers : service_.dns)
      network.dns.push_back(spec::parse_dns_server(text));
    for (const auto& text : service_.dns_search.empty() ? settings.dns_searches : service_.dns_search)
      network.dns_search.push_back(spec::parse_dns_search(text));
    for (const auto& text : service_.dns_opt.empty() ? settings.dns_options : service_.dns_opt)
      network.dns_options.push_back(spec::parse_dns_option(text));
    for (const auto& [host, addresses] : service_.extra_hosts)
      for (const auto& address : addresses)
        for (auto& entry : spec::parse_add_host(host + "=" + address)) network.extra_hosts.push_back(std::move(entry));
    if (!name_.one_off || name_.keeps_ports)
      for (const auto& port : service_.ports) add_port(port);
    network.no_hosts = settings.no_hosts && service_.extra_hosts.empty();
    for (const auto& text : service_.expose)
      for (auto& port : spec::parse_expose_option(text)) network.expose.push_back(std::move(port));
  }

  std::vector<spec::NetworkEndpoint> endpoints() const {
    static const NetworkAttachment kPlain;
    std::vector<std::pair<int, spec::NetworkEndpoint>> sorted;
    for (const auto& [key, written] : service_.networks) {
      const NetworkAttachment& how = written ? *written : kPlain;
      spec::NetworkEndpoint endpoint;
      endpoint.network = project_.networks.at(key).name;
      endpoint.ip = how.ipv4_address;
      endpoint.ip6 = how.ipv6_address;
      endpoint.mac = how.mac_address.empty() ? service_.mac_address : how.mac_address;
      endpoint.interface = how.interface_name;
      endpoint.gateway_priority = how.gw_priority;
      endpoint.aliases = how.aliases;
      if (!name_.one_off || name_.keeps_alias) endpoint.aliases.insert(endpoint.aliases.begin(), service_.name);
      sorted.emplace_back(-how.priority, std::move(endpoint));
    }
    std::ranges::stable_sort(sorted, {}, &std::pair<int, spec::NetworkEndpoint>::first);
    std::vector<spec::NetworkEndpoint> endpoints;
    for (auto& [priority, endpoint] : sorted) endpoints.push_back(std::move(endpoint));
    return endpoints;
  }

  // A service's own name resolves already; an alias of it is a line of /etc/hosts.
  void add_link(const std::string& link) {
    const auto pair = cut(link, ':');
    const std::string other(pair ? pair->first : link), alias(pair ? pair->second : link);
    config_.network.endpoints[0].links.push_back(sources_.container_of(other) + ":" + alias);
  }

  void add_port(const Port& port) {
    std::string text = format("{}/{}", port.target, port.protocol.empty() ? "tcp" : port.protocol);
    text = port.published + ":" + text;
    if (!port.host_ip.empty())
      text = (port.host_ip.find(':') == std::string::npos ? port.host_ip : "[" + port.host_ip + "]") + ":" + text;
    for (auto& mapping : spec::parse_port_option(text)) config_.network.ports.push_back(std::move(mapping));
  }

  void set_isolation() {
    config_.pid_mode = spec::parse_namespace_mode(shared(service_.pid), "--pid");
    config_.ipc_mode = spec::parse_namespace_mode(shared(service_.ipc), "--ipc");
    config_.uts_mode = spec::parse_namespace_mode(service_.uts, "--uts");
    config_.cgroupns_mode = spec::parse_namespace_mode(service_.cgroup, "--cgroupns");
    if (spec::parse_userns(service_.userns_mode).kind != spec::UsernsOption::Kind::shared)
      config_.userns = service_.userns_mode;
    config_.privileged = service_.privileged;
    for (const auto& name : service_.cap_add) config_.cap_add.push_back(spec::normalize_capability(name, "cap_add"));
    for (const auto& name : service_.cap_drop) config_.cap_drop.push_back(spec::normalize_capability(name, "cap_drop"));
    for (const auto& name : sources_.settings.default_capabilities)
      config_.base_capabilities.push_back(spec::normalize_capability(name, "default_capabilities"));
    set_security();
    for (const auto& [key, value] : service_.sysctls)
      config_.sysctls.insert(spec::parse_sysctl_option(key + "=" + value));
    engine::add_default_sysctls(sources_.settings, config_);
    config_.read_only = service_.read_only || sources_.settings.read_only;
    for (const auto& rule : service_.device_cgroup_rules)
      config_.device_cgroup_rules.push_back(spec::parse_device_rule(rule));
    Strings devices;
    for (const auto& device : service_.devices)
      devices.push_back(spec::looks_like_cdi_name(device.source)
                            ? device.source
                            : format("{}:{}:{}", device.source, device.target.empty() ? device.source : device.target,
                                     device.permissions.empty() ? "rwm" : device.permissions));
    spec::add_device_options(devices, config_.devices, config_.device_requests);
    for (const auto& request : service_.gpus) add_gpus(request);
    if (service_.deploy && service_.deploy->reservations)
      for (const auto& request : service_.deploy->reservations->devices) add_gpus(request);
  }

  void add_gpus(const DeviceRequest& request) {
    config_.device_requests.push_back(
        {.driver = request.driver,
         .count = request.count,
         .ids = request.device_ids,
         .capabilities = request.capabilities.empty() ? Strings{"gpu"} : request.capabilities});
  }

  void set_security() {
    config_.security_opt = service_.security_opt;
    auto security = spec::parse_security_opts(config_.security_opt);
    config_.no_new_privileges = security.no_new_privileges;
    config_.seccomp_profile =
        security.seccomp_profile.empty() ? sources_.settings.seccomp_profile : security.seccomp_profile;
    const bool is_path = !config_.seccomp_profile.empty() && config_.seccomp_profile != "unconfined";
    if (is_path && !config_.seccomp_profile.starts_with('/'))
      config_.seccomp_profile = clean_path(project_.working_dir + "/" + config_.seccomp_profile);
    config_.apparmor_profile = std::move(security.apparmor_profile);
    config_.selinux_label = std::move(security.selinux_label);
    config_.mask = std::move(security.mask);
    config_.unmask = std::move(security.unmask);
  }

  void set_resources() {
    spec::ResourceConfig& r = config_.resources;
    const Resource limits = service_.deploy && service_.deploy->limits ? *service_.deploy->limits : Resource{};
    const Resource reserved =
        service_.deploy && service_.deploy->reservations ? *service_.deploy->reservations : Resource{};
    const auto set = [](auto& member, auto value) {
      if (value != 0) member = value;
    };
    set(r.memory_bytes, service_.mem_limit != 0 ? service_.mem_limit : limits.memory);
    set(r.memory_reservation_bytes, service_.mem_reservation != 0 ? service_.mem_reservation : reserved.memory);
    set(r.memory_swap_bytes, service_.memswap_limit);
    r.memory_swappiness = service_.mem_swappiness;
    const double cpus = service_.cpus != 0 ? service_.cpus : limits.cpus;
    set(r.nano_cpus, static_cast<std::int64_t>(cpus * 1e9));
    set(r.cpu_shares, service_.cpu_shares);
    set(r.cpu_period_us, service_.cpu_period);
    set(r.cpu_quota_us, service_.cpu_quota);
    set(r.rt_period_us, service_.cpu_rt_period);
    set(r.rt_runtime_us, service_.cpu_rt_runtime);
    r.cpuset_cpus = service_.cpuset;
    r.pids_limit = sources_.settings.pids_limit;
    set(r.pids_limit, service_.pids_limit != 0 ? service_.pids_limit : limits.pids);
    if (r.pids_limit == 0) r.pids_limit = -1;
    r.oom_kill_disable = service_.oom_kill_disable;
    if (service_.blkio_config) set_block_io(*service_.blkio_config, r);
    spec::check_resources(r);
    config_.cgroup_parent = service_.cgroup_parent;
    if (service_.oom_score_adj != 0) config_.oom_score_adj = service_.oom_score_adj;
    for (const auto& [name, limit] : service_.ulimits)
      config_.ulimits.push_back(possible_ulimit(service_.name, {name, limit.soft, limit.hard}));
    engine::add_default_ulimits(sources_.settings, config_);
    if (service_.shm_size != 0)
      config_.shm_size_bytes = service_.shm_size;
    else if (!sources_.settings.shm_size.empty())
      config_.shm_size_bytes = spec::parse_size_option(sources_.settings.shm_size, "shm_size");
  }

  static void set_block_io(const BlkioConfig& from, spec::ResourceConfig& r) {
    if (from.weight != 0) r.blkio_weight = from.weight;
    for (const auto& device : from.weight_device) r.weight_devices.push_back({device.path, device.weight});
    const auto add = [](const std::vector<ThrottleDevice>& written, std::vector<spec::DeviceLimit>& limits) {
      for (const auto& device : written) limits.push_back({device.path, device.rate});
    };
    add(from.device_read_bps, r.read_bps);
    add(from.device_write_bps, r.write_bps);
    add(from.device_read_iops, r.read_iops);
    add(from.device_write_iops, r.write_iops);
  }

  void add_mount(const Mount& mount) {
    spec::MountConfig made;
    made.destination = clean_path(mount.target);
    made.read_only = mount.read_only;
    switch (mount.type) {
      case Mount::Type::bind:
        made.type = spec::MountType::bind;
        if (!mount.source.starts_with('/'))
          throw Error(ErrorKind::unsupported, format("service '{}': volume at '{}': '{}' is no path of this machine",
                                                     service_.name, mount.target, mount.source))
              .with_hint("a path of Windows: write one that is here");
        made.source = mount.source;
        made.create_source = !mount.bind || mount.bind->create_host_path;
        if (mount.bind) set_bind(*mount.bind, made);
        break;
      case Mount::Type::volume:
        made.type = spec::MountType::volume;
        made.anonymous = mount.source.empty();
        if (!made.anonymous) made.source = project_.volumes.at(mount.source).name;
        if (mount.volume) {
          made.no_copy = mount.volume->nocopy;
          made.subpath = mount.volume->subpath;
          made.volume_labels = mount.volume->labels;
        }
        break;
      case Mount::Type::tmpfs:
        made.type = spec::MountType::tmpfs;
        if (mount.tmpfs && mount.tmpfs->size != 0) made.tmpfs_size = static_cast<std::uint64_t>(mount.tmpfs->size);
        if (mount.tmpfs && mount.tmpfs->mode != 0) made.tmpfs_mode = mount.tmpfs->mode;
        break;
      case Mount::Type::image:
        throw Error(ErrorKind::unsupported, format("service '{}': volume at '{}': mounts of images are not done yet",
                                                   service_.name, mount.target))
            .with_hint("a volume, or an image built with COPY --from, has the same files");
      case Mount::Type::cluster:
      case Mount::Type::npipe:
        throw Error(ErrorKind::unsupported,
                    format("service '{}': volume at '{}': mounts of clusters and pipes of Windows "
                           "are not for this machine",
                           service_.name, mount.target))
            .with_hint("use a bind mount or a volume");
    }
    config_.mounts.push_back(std::move(made));
  }

  static void set_bind(const Mount::Bind& bind, spec::MountConfig& made) {
    made.propagation = bind.propagation;
    made.relabel = bind.selinux == "z" ? "shared" : bind.selinux == "Z" ? "private" : "";
    made.non_recursive = bind.recursive == "disabled";
    if (bind.recursive == "writable" || bind.recursive == "readonly") made.read_only_submounts = bind.recursive;
  }

  void add_files(const std::vector<FileReference>& uses, const std::map<std::string, FileObject>& objects,
                 const std::string& kind) {
    const bool bound = are_bound_files(uses, objects);
    // A relative target is a name in /run/secrets, or in the root (Compose specification, configs and secrets).
    const std::string folder = kind == "secret" ? "/run/secrets" : "/";
    for (const auto& use : uses) {
      const FileObject& object = objects.at(use.source);
      if (bound) {
        spec::MountConfig made;
        made.source = object.file;
        made.destination = use.target_path(folder);
        made.read_only = true;
        config_.mounts.push_back(std::move(made));
        continue;
      }
      config_.secrets.push_back({.name = stored_file_name(project_, object, kind, use.source),
                                 .target = use.target_path(folder),
                                 .uid = id_number(use.uid, kind, use.source),
                                 .gid = id_number(use.gid, kind, use.source),
                                 .mode = use.mode.value_or(0444)});
    }
  }

  std::uint32_t id_number(const std::string& text, const std::string& kind, const std::string& name) const {
    if (text.empty()) return 0;
    const auto number = parse_uint(text);
    if (!number || *number > std::numeric_limits<std::uint32_t>::max())
      throw Error(ErrorKind::usage, format("service '{}': {} '{}': '{}' is no number of a user or group", service_.name,
                                           kind, name, text))
          .with_hint("names are not looked up: write the number");
    return static_cast<std::uint32_t>(*number);
  }

  void set_volumes_from() {
    constexpr std::string_view kContainer = "container:";
    for (const auto& text : service_.volumes_from) {
      if (text.starts_with(kContainer)) {
        config_.volumes_from.push_back(text.substr(kContainer.size()));
        continue;
      }
      const auto pair = cut(text, ':');
      config_.volumes_from.push_back(sources_.container_of(std::string(pair ? pair->first : text)) +
                                     (pair ? ":" + std::string(pair->second) : ""));
    }
  }

  void set_life() {
    const HeededLogging logging = service_.logging ? heeded_logging(*service_.logging) : HeededLogging{};
    config_.log = spec::parse_log_options(logging.driver.empty() ? sources_.settings.log_driver : logging.driver,
                                          logging.options);
    if (!config_.log.options.contains("max-size") && config_.log.driver.ends_with("-file"))
      config_.log.max_size_bytes = sources_.settings.log_max_size;
    if (!name_.one_off) set_restart();
    config_.runtime = service_.runtime;
    config_.platform = service_.platform;
  }

  void set_restart() {
    if (!service_.restart.empty()) {
      const auto restart = spec::parse_restart_policy(service_.restart);
      config_.restart = restart.policy;
      config_.restart_max_retries = restart.max_retries;
    }
    if (!service_.deploy || !service_.deploy->restart_policy) return;
    const RestartPolicy& policy = *service_.deploy->restart_policy;
    // The words of a cluster, and beside them those of `restart`, as docker compose takes them.
    config_.restart = policy.condition.empty() || policy.condition == "any" ? spec::RestartPolicy::always
                      : policy.condition == "none"                          ? spec::RestartPolicy::no
                                                   : spec::parse_restart_policy(policy.condition).policy;
    if (config_.restart == spec::RestartPolicy::on_failure)
      config_.restart_max_retries = static_cast<std::int64_t>(policy.max_attempts.value_or(0));
  }

  void set_health() {
    if (!service_.healthcheck) return;
    const Healthcheck& check = *service_.healthcheck;
    if (check.disable || (!check.test.empty() && check.test[0] == "NONE")) {
      request_.gave.no_healthcheck = true;
      return;
    }
    // `disable: false` alone leaves the image's own.
    if (check.test.empty() && !check.interval && !check.timeout && !check.start_period && !check.start_interval &&
        !check.retries)
      return;
    spec::HealthConfig health;
    health.test = check.test;
    const auto time = [](const std::optional<Duration>& duration) { return duration ? duration->count() : 0; };
    health.interval_ns = time(check.interval);
    health.timeout_ns = time(check.timeout);
    health.start_period_ns = time(check.start_period);
    health.start_interval_ns = time(check.start_interval);
    health.retries = static_cast<std::int64_t>(check.retries.value_or(0));
    config_.healthcheck = std::move(health);
    request_.gave.healthcheck = true;
  }

  const Project& project_;
  const Service& service_;
  const ReplicaName& name_;
  const ContainerSources& sources_;
  engine::CreateRequest request_;
  spec::ContainerConfig& config_;
};

}  // namespace

std::string container_name(const Project& project, const Service& service, std::uint32_t number) {
  return service.container_name.empty()
             ? format("{0}{3}{1}{3}{2}", project.name, service.name, number, project.separator)
             : service.container_name;
}

std::string stored_file_name(const Project& project, const FileObject& object, const std::string& kind,
                             const std::string& key) {
  return object.external ? object.name : format("{}_{}_{}", project.name, kind, key);
}

bool are_bound_files(const std::vector<FileReference>& uses, const std::map<std::string, FileObject>& objects) {
  return std::ranges::all_of(uses, [&](const FileReference& use) {
    return !objects.at(use.source).file.empty() && use.uid.empty() && use.gid.empty() && !use.mode;
  });
}

engine::CreateRequest container_request(const Project& project, const Service& service, const ReplicaName& name,
                                        const ContainerSources& sources) {
  return RequestMaker(project, service, name, sources).make();
}

}  // namespace lichen::compose
