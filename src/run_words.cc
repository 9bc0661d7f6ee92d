#include "src/run_words.hh"

#include "libpod/base/error.hh"
#include "libpod/base/json.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/devices.hh"
#include "libpod/spec/mounts.hh"
#include "libpod/spec/network_mode.hh"
#include "libpod/spec/ports.hh"
#include "src/arg_parser.hh"

namespace lichen::cli {
namespace {

// "1.5" for 1500000000: nothing is lost on the way through a double.
std::string decimal_of_nano(std::int64_t nano) {
  std::string text = format("{}.{:09}", nano / 1'000'000'000, nano % 1'000'000'000);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string duration_text(std::int64_t nanoseconds) {
  constexpr std::int64_t kSecond = 1'000'000'000, kMilli = 1'000'000;
  if (nanoseconds % kSecond == 0) return format("{}s", nanoseconds / kSecond);
  return nanoseconds % kMilli == 0 ? format("{}ms", nanoseconds / kMilli) : format("{}ns", nanoseconds);
}

class Words {
 public:
  Words(const engine::CreateRequest& request, const HostView& host)
      : config_(request.config), gave_(request.gave), host_(host) {}

  std::vector<std::string> make() {
    add("name", config_.name);
    add_process();
    for (const auto& [key, value] : config_.labels) add("label", key + "=" + value);
    for (const auto& [key, value] : config_.annotations) add("annotation", key + "=" + value);
    add_network();
    add_isolation();
    add_resources();
    add_files();
    add_life();
    add_health();
    words_.push_back(config_.image_name);
    words_.insert(words_.end(), config_.command.begin(), config_.command.end());
    return std::move(words_);
  }

 private:
  void say(const std::string& option, const std::string& value) {
    words_.push_back("--" + option);
    words_.push_back(value);
  }
  void add(const std::string& option, const std::string& value) {
    if (!value.empty()) say(option, value);
  }
  void add(const std::string& option, bool value, bool otherwise = false) {
    if (value != otherwise) words_.push_back(format("--{}{}", option, value ? "" : "=false"));
  }
  void add_all(const std::string& option, const std::vector<std::string>& values) {
    for (const auto& value : values) say(option, value);
  }
  void add_number(const std::string& option, const std::optional<std::int64_t>& value) {
    if (value) words_.push_back(format("--{}={}", option, *value));  // a negative one would look like a flag
  }

  void add_process() {
    // Docker's flag is one word, podman's can be a list.
    if (gave_.entrypoint) {
      const bool is_word = config_.entrypoint.size() == 1 && !config_.entrypoint[0].starts_with('[');
      say("entrypoint", config_.entrypoint.empty() ? ""
                        : is_word                  ? config_.entrypoint[0]
                                                   : dump_json(Json(config_.entrypoint)));
    }
    if (host_.settings.http_proxy) words_.push_back("--http-proxy=false");
    add_all("env", config_.env);
    if (gave_.user) say("user", config_.user);
    add_all("group-add", config_.groups);
    if (gave_.working_dir) say("workdir", config_.working_dir);
    add("interactive", config_.interactive);
    add("tty", config_.tty);
    if (gave_.stop_signal) say("stop-signal", config_.stop_signal);
    if (config_.stop_timeout_s != host_.settings.stop_timeout_s) add_number("stop-timeout", config_.stop_timeout_s);
    add("init", config_.init, host_.settings.init);
    add("hostname", config_.hostname);
    add("domainname", config_.domainname);
  }

  void add_network() {
    const auto& network = config_.network;
    if (network.endpoints.empty())
      say("network", spec::format_network_option(network));
    else
      for (const auto& endpoint : network.endpoints) say("network", endpoint_text(endpoint));
    for (const auto& endpoint : network.endpoints) add_all("link", endpoint.links);
    if (network.dns != host_.settings.dns_servers) add_all("dns", network.dns);
    if (network.dns_search != host_.settings.dns_searches) add_all("dns-search", network.dns_search);
    if (network.dns_options != host_.settings.dns_options) add_all("dns-option", network.dns_options);
    for (const auto& [name, address] : network.extra_hosts) say("add-host", name + "=" + address);
    for (const auto& port : network.ports) say("publish", spec::format_port_option(port));
    add_all("expose", network.expose);
    add("no-hosts", network.no_hosts, host_.settings.no_hosts && network.extra_hosts.empty());
  }

  static std::string endpoint_text(const spec::NetworkEndpoint& endpoint) {
    std::vector<std::string> options;
    const auto option = [&](const char* key, const std::string& value) {
      if (!value.empty()) options.push_back(format("{}={}", key, value));
    };
    option("ip", endpoint.ip);
    option("ip6", endpoint.ip6);
    option("mac", endpoint.mac);
    option("interface_name", endpoint.interface);
    if (endpoint.gateway_priority != 0) option("gw-priority", format("{}", endpoint.gateway_priority));
    for (const auto& alias : endpoint.aliases) option("alias", alias);
    return endpoint.network + (options.empty() ? "" : ":" + join(options, ","));
  }

  void add_isolation() {
    add("userns", config_.userns);
    add("pid", config_.pid_mode);
    add("ipc", config_.ipc_mode);
    add("uts", config_.uts_mode);
    add("cgroupns", config_.cgroupns_mode);
    add("privileged", config_.privileged);
    add_all("cap-add", config_.cap_add);
    add_all("cap-drop", config_.cap_drop);
    add_all("security-opt", config_.security_opt);
    const auto& defaults = host_.settings.default_sysctls;
    for (const auto& [key, value] : config_.sysctls)
      if (std::find(defaults.begin(), defaults.end(), key + "=" + value) == defaults.end())
        say("sysctl", key + "=" + value);
    for (const auto& device : config_.devices) say("device", spec::format_device_option(device));
    for (const auto& request : config_.device_requests) add_device_request(request);
    add_all("device-cgroup-rule", config_.device_cgroup_rules);
  }

  void add_device_request(const spec::DeviceRequest& request) {
    if (request.driver == "cdi") return add_all("device", request.ids);
    std::vector<std::string> fields;
    if (!request.driver.empty()) fields.push_back("driver=" + request.driver);
    if (request.count != 0) fields.push_back(request.count == -1 ? "count=all" : format("count={}", request.count));
    if (!request.ids.empty()) fields.push_back("\"device=" + join(request.ids, ",") + "\"");
    fields.push_back("\"capabilities=" + join(request.capabilities, ",") + "\"");
    say("gpus", join(fields, ","));
  }

  void add_resources() {
    const auto& r = config_.resources;
    add_number("memory", r.memory_bytes);
    add_number("memory-reservation", r.memory_reservation_bytes);
    add_number("memory-swap", r.memory_swap_bytes);
    if (r.nano_cpus) say("cpus", decimal_of_nano(*r.nano_cpus));
    add("cpuset-cpus", r.cpuset_cpus);
    add("cpuset-mems", r.cpuset_mems);
    add_number("cpu-shares", r.cpu_shares);
    add_number("cpu-period", r.cpu_period_us);
    add_number("cpu-quota", r.cpu_quota_us);
    add_number("cpu-rt-period", r.rt_period_us);
    add_number("cpu-rt-runtime", r.rt_runtime_us);
    if (r.pids_limit != host_.settings.pids_limit) add_number("pids-limit", r.pids_limit);
    add_number("blkio-weight", r.blkio_weight);
    add_limits("blkio-weight-device", r.weight_devices);
    add_limits("device-read-bps", r.read_bps);
    add_limits("device-write-bps", r.write_bps);
    add_limits("device-read-iops", r.read_iops);
    add_limits("device-write-iops", r.write_iops);
    add_number("memory-swappiness", r.memory_swappiness);
    add("oom-kill-disable", r.oom_kill_disable);
    add("cgroup-parent", config_.cgroup_parent);
    add_number("oom-score-adj", config_.oom_score_adj);
    for (const auto& limit : config_.ulimits) say("ulimit", format("{}={}:{}", limit.name, limit.soft, limit.hard));
    if (config_.shm_size_bytes != spec::ContainerConfig{}.shm_size_bytes)
      add_number("shm-size", config_.shm_size_bytes);
  }

  void add_limits(const std::string& option, const std::vector<spec::DeviceLimit>& limits) {
    for (const auto& limit : limits) say(option, format("{}:{}", limit.path, limit.value));
  }

  void add_files() {
    add("read-only", config_.read_only, host_.settings.read_only);
    for (const auto& mount : config_.mounts) {
      const bool is_plain_volume = mount.type == spec::MountType::volume && mount.subpath.empty() &&
                                   mount.volume_labels.empty() && mount.volume_options.empty();
      if (mount.create_source || is_plain_volume)
        say("volume", volume_text(mount));
      else
        say("mount", spec::format_mount_option(mount));
    }
    add_all("volumes-from", config_.volumes_from);
    for (const auto& secret : config_.secrets)
      say("secret", format("source={},target={},uid={},gid={},mode=0{:o}", secret.name, secret.target, secret.uid,
                           secret.gid, secret.mode));
  }

  // Only -v makes a missing source.
  static std::string volume_text(const spec::MountConfig& mount) {
    std::vector<std::string> options;
    if (mount.read_only) options.push_back("ro");
    if (!mount.propagation.empty()) options.push_back(mount.propagation);
    if (mount.non_recursive) options.push_back("bind");
    if (!mount.relabel.empty()) options.push_back(mount.relabel == "shared" ? "z" : "Z");
    if (mount.no_copy) options.push_back("nocopy");
    const std::string source = mount.anonymous ? "" : mount.source + ":";
    return source + mount.destination + (options.empty() ? "" : ":" + join(options, ","));
  }

  void add_life() {
    if (config_.log.driver != host_.settings.log_driver || !config_.log.options.empty())
      add("log-driver", config_.log.driver);
    for (const auto& [key, value] : config_.log.options) say("log-opt", key + "=" + value);
    if (config_.restart != spec::RestartPolicy::no)
      say("restart", config_.restart_max_retries == 0
                         ? std::string(spec::to_string(config_.restart))
                         : format("{}:{}", spec::to_string(config_.restart), config_.restart_max_retries));
    add("runtime", config_.runtime);
    add("platform", config_.platform);
  }

  void add_health() {
    if (gave_.no_healthcheck) words_.push_back("--no-healthcheck");
    if (!config_.healthcheck) return;
    const auto& health = *config_.healthcheck;
    if (!health.test.empty()) {
      const bool is_line = health.test.size() == 2 && health.test[0] == "CMD-SHELL";
      say("health-cmd", is_line ? health.test[1] : dump_json(Json(health.test)));
    }
    const auto time = [&](const char* option, std::int64_t nanoseconds) {
      if (nanoseconds != 0) say(option, duration_text(nanoseconds));
    };
    time("health-interval", health.interval_ns);
    time("health-timeout", health.timeout_ns);
    time("health-start-period", health.start_period_ns);
    time("health-start-interval", health.start_interval_ns);
    if (health.retries != 0) add_number("health-retries", health.retries);
  }

  const spec::ContainerConfig& config_;
  const spec::UserGave& gave_;
  const HostView& host_;
  std::vector<std::string> words_;
};

// What matters once it is made: not how it was typed, nor what `create` attaches to.
Json comparable(const spec::ContainerConfig& config, const spec::UserGave& gave) {
  Json json = spec::to_json(config);
  for (const char* key : {"create_command", "attach_stdin", "attach_stdout", "attach_stderr", "detach_keys"})
    json.erase(key);
  json["gave"] = {gave.entrypoint,  gave.user,        gave.working_dir,
                  gave.stop_signal, gave.healthcheck, gave.no_healthcheck};
  return json;
}

// Order counts for mounts only within one place, and for none of the others.
std::string difference(const Json& wanted, const Json& read) {
  for (const auto& [key, value] : wanted.items()) {
    const auto other = read.find(key);
    if (other != read.end() && *other == value) continue;
    if (value.is_array() && other != read.end() && other->is_array()) {
      auto one = value.get<std::vector<Json>>(), two = other->get<std::vector<Json>>();
      const auto by_text = [](const Json& a, const Json& b) { return a.dump() < b.dump(); };
      std::sort(one.begin(), one.end(), by_text);
      std::sort(two.begin(), two.end(), by_text);
      if (one == two) continue;
    }
    return key;
  }
  for (const auto& [key, value] : read.items())
    if (!wanted.contains(key)) return key;
  return "";
}

}  // namespace

std::vector<std::string> run_words(const engine::CreateRequest& request, const HostView& host) {
  const auto words = Words(request, host).make();
  const auto args = parse_arguments(*find_command("create"), words);
  const auto read = container_request(args, host, {});
  const Json wanted = comparable(request.config, request.gave), is = comparable(read.config, read.gave);
  if (const auto key = difference(wanted, is); !key.empty())
    throw Error(ErrorKind::unsupported,
                format("container {}: no flag of `lichen create` says its {}", request.config.name, key))
        .with_hint(
            format("{} is wanted, {} would be made", wanted.value(key, Json()).dump(), is.value(key, Json()).dump()));
  return words;
}

}  // namespace lichen::cli
