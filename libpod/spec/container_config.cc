// containers/<id>/config.json. Each struct lists its members once, as pairs of a name and a pointer to member; one
// writer and one reader walk these lists, so that the two directions cannot drift apart.
//
// A member that is empty, 0 or false is not written when that is also its initial value: the record stays short. Hence
// a new member may be added freely when its empty value means "as before"; changing an initial value needs a new
// version.
#include "libpod/spec/container_config.hh"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "libpod/base/enum_names.hh"

namespace lichen::spec {
namespace {

constexpr std::int64_t kVersion = 1;

constexpr EnumName<MountType> kMountTypes[] = {
    {MountType::bind, "bind"}, {MountType::volume, "volume"}, {MountType::tmpfs, "tmpfs"}};
constexpr EnumName<RestartPolicy> kRestartPolicies[] = {{RestartPolicy::no, "no"},
                                                        {RestartPolicy::on_failure, "on-failure"},
                                                        {RestartPolicy::always, "always"},
                                                        {RestartPolicy::unless_stopped, "unless-stopped"}};
constexpr const auto& names_of(MountType) { return kMountTypes; }
constexpr const auto& names_of(RestartPolicy) { return kRestartPolicies; }

template <typename T>
struct Type {};

template <typename F>
void members(Type<MountConfig>, F& f) {
  f("type", &MountConfig::type);
  f("source", &MountConfig::source);
  f("destination", &MountConfig::destination);
  f("read_only", &MountConfig::read_only);
  f("anonymous", &MountConfig::anonymous);
  f("no_copy", &MountConfig::no_copy);
  f("create_source", &MountConfig::create_source);
  f("non_recursive", &MountConfig::non_recursive);
  f("read_only_submounts", &MountConfig::read_only_submounts);
  f("relabel", &MountConfig::relabel);
  f("tmp_copy_up", &MountConfig::tmp_copy_up);
  f("from_image", &MountConfig::from_image);
  f("chown", &MountConfig::chown);
  f("subpath", &MountConfig::subpath);
  f("volume_options", &MountConfig::volume_options);
  f("volume_labels", &MountConfig::volume_labels);
  f("propagation", &MountConfig::propagation);
  f("tmpfs_size", &MountConfig::tmpfs_size);
  f("tmpfs_mode", &MountConfig::tmpfs_mode);
  f("options", &MountConfig::options);
}

template <typename F>
void members(Type<SecretConfig>, F& f) {
  f("name", &SecretConfig::name);
  f("id", &SecretConfig::id);
  f("as_env", &SecretConfig::as_env);
  f("target", &SecretConfig::target);
  f("uid", &SecretConfig::uid);
  f("gid", &SecretConfig::gid);
  f("mode", &SecretConfig::mode);
}

template <typename F>
void members(Type<PortMapping>, F& f) {
  f("host_ip", &PortMapping::host_ip);
  f("host_port", &PortMapping::host_port);
  f("container_port", &PortMapping::container_port);
  f("protocol", &PortMapping::protocol);
  f("host_port_last", &PortMapping::host_port_last);
}

template <typename F>
void members(Type<DeviceConfig>, F& f) {
  f("host_path", &DeviceConfig::host_path);
  f("container_path", &DeviceConfig::container_path);
  f("permissions", &DeviceConfig::permissions);
}

template <typename F>
void members(Type<DeviceRequest>, F& f) {
  f("driver", &DeviceRequest::driver);
  f("count", &DeviceRequest::count);
  f("ids", &DeviceRequest::ids);
  f("capabilities", &DeviceRequest::capabilities);
}

template <typename F>
void members(Type<DeviceLimit>, F& f) {
  f("path", &DeviceLimit::path);
  f("value", &DeviceLimit::value);
}

template <typename F>
void members(Type<UlimitConfig>, F& f) {
  f("name", &UlimitConfig::name);
  f("soft", &UlimitConfig::soft);
  f("hard", &UlimitConfig::hard);
}

template <typename F>
void members(Type<IdMapping>, F& f) {
  f("container", &IdMapping::container);
  f("host", &IdMapping::host);
  f("size", &IdMapping::size);
}

template <typename F>
void members(Type<ResourceConfig>, F& f) {
  f("memory_bytes", &ResourceConfig::memory_bytes);
  f("memory_reservation_bytes", &ResourceConfig::memory_reservation_bytes);
  f("memory_swap_bytes", &ResourceConfig::memory_swap_bytes);
  f("nano_cpus", &ResourceConfig::nano_cpus);
  f("cpu_shares", &ResourceConfig::cpu_shares);
  f("cpu_period_us", &ResourceConfig::cpu_period_us);
  f("cpu_quota_us", &ResourceConfig::cpu_quota_us);
  f("cpuset_cpus", &ResourceConfig::cpuset_cpus);
  f("cpuset_mems", &ResourceConfig::cpuset_mems);
  f("pids_limit", &ResourceConfig::pids_limit);
  f("blkio_weight", &ResourceConfig::blkio_weight);
  f("weight_devices", &ResourceConfig::weight_devices);
  f("read_bps", &ResourceConfig::read_bps);
  f("write_bps", &ResourceConfig::write_bps);
  f("read_iops", &ResourceConfig::read_iops);
  f("write_iops", &ResourceConfig::write_iops);
  f("memory_swappiness", &ResourceConfig::memory_swappiness);
  f("kernel_memory_bytes", &ResourceConfig::kernel_memory_bytes);
  f("rt_period_us", &ResourceConfig::rt_period_us);
  f("rt_runtime_us", &ResourceConfig::rt_runtime_us);
  f("oom_kill_disable", &ResourceConfig::oom_kill_disable);
}

template <typename F>
void members(Type<NetworkEndpoint>, F& f) {
  f("network", &NetworkEndpoint::network);
  f("ip", &NetworkEndpoint::ip);
  f("ip6", &NetworkEndpoint::ip6);
  f("mac", &NetworkEndpoint::mac);
  f("interface", &NetworkEndpoint::interface);
  f("aliases", &NetworkEndpoint::aliases);
  f("links", &NetworkEndpoint::links);
  f("gateway_priority", &NetworkEndpoint::gateway_priority);
}

template <typename F>
void members(Type<NetworkConfig>, F& f) {
  f("mode", &NetworkConfig::mode);
  f("target", &NetworkConfig::target);
  f("options", &NetworkConfig::options);
  f("endpoints", &NetworkConfig::endpoints);
  f("dns", &NetworkConfig::dns);
  f("dns_search", &NetworkConfig::dns_search);
  f("dns_options", &NetworkConfig::dns_options);
  f("extra_hosts", &NetworkConfig::extra_hosts);
  f("ports", &NetworkConfig::ports);
  f("expose", &NetworkConfig::expose);
  f("publish_all", &NetworkConfig::publish_all);
  f("no_hosts", &NetworkConfig::no_hosts);
}

template <typename F>
void members(Type<LogConfig>, F& f) {
  f("driver", &LogConfig::driver);
  f("max_size_bytes", &LogConfig::max_size_bytes);
  f("max_files", &LogConfig::max_files);
  f("options", &LogConfig::options);
}

template <typename F>
void members(Type<HealthConfig>, F& f) {
  f("test", &HealthConfig::test);
  f("interval_ns", &HealthConfig::interval_ns);
  f("timeout_ns", &HealthConfig::timeout_ns);
  f("start_period_ns", &HealthConfig::start_period_ns);
  f("start_interval_ns", &HealthConfig::start_interval_ns);
  f("retries", &HealthConfig::retries);
}

template <typename F>
void identity_members(F& f) {
  using C = ContainerConfig;
  f("id", &C::id);
  f("name", &C::name);
  f("created", &C::created);
  f("image_id", &C::image_id);
  f("image_name", &C::image_name);
  f("rootfs_path", &C::rootfs_path);
  f("create_command", &C::create_command);
  f("hostname", &C::hostname);
  f("domainname", &C::domainname);
  f("labels", &C::labels);
  f("annotations", &C::annotations);
}

template <typename F>
void process_members(F& f) {
  using C = ContainerConfig;
  f("entrypoint", &C::entrypoint);
  f("command", &C::command);
  f("env", &C::env);
  f("user", &C::user);
  f("groups", &C::groups);
  f("working_dir", &C::working_dir);
  f("interactive", &C::interactive);
  f("tty", &C::tty);
  f("attach_stdin", &C::attach_stdin);
  f("attach_stdout", &C::attach_stdout);
  f("attach_stderr", &C::attach_stderr);
  f("umask", &C::umask);
  f("timezone", &C::timezone);
  f("stop_signal", &C::stop_signal);
  f("stop_timeout_s", &C::stop_timeout_s);
  f("detach_keys", &C::detach_keys);
  f("init", &C::init);
  f("init_path", &C::init_path);
  f("timeout_s", &C::timeout_s);
}

template <typename F>
void isolation_members(F& f) {
  using C = ContainerConfig;
  f("userns", &C::userns);
  f("uid_map", &C::uid_map);
  f("gid_map", &C::gid_map);
  f("pid_mode", &C::pid_mode);
  f("ipc_mode", &C::ipc_mode);
  f("uts_mode", &C::uts_mode);
  f("cgroupns_mode", &C::cgroupns_mode);
  f("privileged", &C::privileged);
  f("cap_add", &C::cap_add);
  f("cap_drop", &C::cap_drop);
  f("base_capabilities", &C::base_capabilities);
  f("security_opt", &C::security_opt);
  f("no_new_privileges", &C::no_new_privileges);
  f("seccomp_profile", &C::seccomp_profile);
  f("apparmor_profile", &C::apparmor_profile);
  f("selinux_label", &C::selinux_label);
  f("unmask", &C::unmask);
  f("mask", &C::mask);
  f("sysctls", &C::sysctls);
  f("ulimits", &C::ulimits);
  f("resources", &C::resources);
  f("oom_score_adj", &C::oom_score_adj);
  f("cgroup_parent", &C::cgroup_parent);
  f("no_cgroup", &C::no_cgroup);
  f("devices", &C::devices);
  f("device_requests", &C::device_requests);
  f("device_cgroup_rules", &C::device_cgroup_rules);
}

template <typename F>
void life_members(F& f) {
  using C = ContainerConfig;
  f("no_hostname_file", &C::no_hostname_file);
  f("read_only", &C::read_only);
  f("read_only_tmpfs", &C::read_only_tmpfs);
  f("mounts", &C::mounts);
  f("volumes_from", &C::volumes_from);
  f("secrets", &C::secrets);
  f("shm_size_bytes", &C::shm_size_bytes);
  f("network", &C::network);
  f("log", &C::log);
  f("auto_remove", &C::auto_remove);
  f("restart", &C::restart);
  f("restart_max_retries", &C::restart_max_retries);
  f("runtime", &C::runtime);
  f("pidfile", &C::pidfile);
  f("cidfile", &C::cidfile);
  f("platform", &C::platform);
  f("storage_driver", &C::storage_driver);
  f("healthcheck", &C::healthcheck);
  f("startup_healthcheck", &C::startup_healthcheck);
  f("startup_successes", &C::startup_successes);
  f("sdnotify", &C::sdnotify);
  f("health_on_failure", &C::health_on_failure);
  f("pod_id", &C::pod_id);
  f("holder", &C::holder);
  f("init_container", &C::init_container);
}

template <typename F>
void members(Type<ContainerConfig>, F& f) {
  identity_members(f);
  process_members(f);
  isolation_members(f);
  life_members(f);
}

template <typename T>
concept HasEmpty = requires(const T& value) {
  value.empty();
};
template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <typename T>
bool is_nothing(const T& value) {
  if constexpr (HasEmpty<T>)
    return value.empty();
  else if constexpr (IsOptional<T>::value)
    return !value.has_value();
  else if constexpr (std::is_arithmetic_v<T>)
    return value == T{};
  else
    return false;
}

template <typename T>
Json encode(const T& value);

Json encode(const std::pair<std::string, std::string>& pair) { return Json::array({pair.first, pair.second}); }

template <typename T>
Json encode(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(encode(value));
  return list;
}

Json encode(const std::map<std::string, std::string>& map) {
  Json object = Json::object();
  for (const auto& [key, value] : map) object[key] = value;
  return object;
}

template <typename T>
class Writer {
 public:
  explicit Writer(const T& value) : value_(value) {}

  template <typename M>
  void operator()(const char* key, M T::*member) {
    if (!is_nothing(value_.*member) || !is_nothing(initial_.*member)) json_[key] = encode(value_.*member);
  }
  Json take() { return std::move(json_); }

 private:
  const T& value_;
  const T initial_{};
  Json json_ = Json::object();
};

template <typename T>
Json encode(const T& value) {
  if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
    return value;
  } else if constexpr (std::is_enum_v<T>) {
    return std::string(enum_name(names_of(T{}), value));
  } else if constexpr (IsOptional<T>::value) {
    return value ? encode(*value) : Json();
  } else {
    Writer<T> writer(value);
    members(Type<T>{}, writer);
    return writer.take();
  }
}

template <typename T>
void decode(const JsonView& view, T& value);

void decode(const JsonView& view, std::pair<std::string, std::string>& pair) {
  const auto words = view.as_strings();
  if (words.size() != 2) throw_error(ErrorKind::invalid, "{} must be a list of two strings", view.path());
  pair = {words[0], words[1]};
}

template <typename T>
void decode(const JsonView& view, std::vector<T>& values) {
  values.clear();
  for (const auto& item : view.as_array()) decode(item, values.emplace_back());
}

void decode(const JsonView& view, std::map<std::string, std::string>& map) { map = view.as_string_map(); }

template <typename T>
class Reader {
 public:
  Reader(const JsonView& view, T& value) : view_(view), value_(value) {}

  template <typename M>
  void operator()(const char* key, M T::*member) {
    const JsonView found = view_.at(key);
    if (!found.is_null()) decode(found, value_.*member);
  }

 private:
  const JsonView& view_;
  T& value_;
};

template <typename T>
void decode_integer(const JsonView& view, T& value) {
  if constexpr (std::is_signed_v<T>) {
    static_assert(sizeof(T) == sizeof(std::int64_t));
    value = view.as_int();
  } else {
    const std::uint64_t number = view.as_uint();
    if (number > std::numeric_limits<T>::max())
      throw_error(ErrorKind::invalid, "{} must be at most {}", view.path(), std::numeric_limits<T>::max());
    value = static_cast<T>(number);
  }
}

template <typename T>
void decode(const JsonView& view, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    value = view.as_bool();
  } else if constexpr (std::is_integral_v<T>) {
    decode_integer(view, value);
  } else if constexpr (std::is_same_v<T, std::string>) {
    value = view.as_string();
  } else if constexpr (std::is_enum_v<T>) {
    const auto found = enum_value(names_of(T{}), view.as_string());
    if (!found) throw_error(ErrorKind::invalid, "{} has a value that is not known", view.path());
    value = *found;
  } else if constexpr (IsOptional<T>::value) {
    decode(view, value.emplace());
  } else {
    if (!view.raw().is_object()) throw_error(ErrorKind::invalid, "{} must be an object", view.path());
    Reader<T> reader(view, value);
    members(Type<T>{}, reader);
  }
}

}  // namespace

Json to_json(const ContainerConfig& config) {
  Json json = {{"version", kVersion}};
  Json body = encode(config);
  for (auto& [key, value] : body.items()) json[key] = std::move(value);
  return json;
}

ContainerConfig container_config_from_json(const Json& json, std::string_view what) {
  if (!json.is_object()) throw_error(ErrorKind::invalid, "{}: must be an object", what);
  const JsonView view(json, std::string(what) + ":");
  const JsonView version = view.at("version");
  if (version.is_null()) throw_error(ErrorKind::invalid, "{} is missing", version.path());
  if (version.as_int() < 1 || version.as_int() > kVersion)
    throw Error(ErrorKind::invalid, fmt::format("{} is {}, this lichen knows versions up to {}", version.path(),
                                                version.as_int(), kVersion))
        .with_hint("a newer lichen wrote the record: use that one");
  ContainerConfig config;
  decode(view, config);
  const bool is_hex = config.id.size() == 64 && config.id.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!is_hex) throw_error(ErrorKind::invalid, "{} must be 64 hex digits", view.at("id").path());
  return config;
}

}  // namespace lichen::spec
