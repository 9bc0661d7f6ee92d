#include "libpod/wire/monitor_args.hh"

#include <functional>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"

namespace lichen::wire {
namespace {

// One option: how a value is taken in and the values that are given out (none = left out).
struct Option {
  const char* name;
  std::function<void(MonitorConfig&, const std::string&)> read;
  std::function<std::vector<std::string>(const MonitorConfig&)> write;
};

Option text(const char* name, std::string MonitorConfig::*field) {
  return {
      name, [=](MonitorConfig& c, const std::string& v) { c.*field = v; },
      [=](const MonitorConfig& c) { return (c.*field).empty() ? std::vector<std::string>{} : std::vector{c.*field}; }};
}

Option number(const char* name, std::int64_t MonitorConfig::*field) {
  return {name,
          [=](MonitorConfig& c, const std::string& v) {
            const auto value = parse_int(v);
            if (!value) throw_error(ErrorKind::usage, "--{} '{}': not a number", name, v);
            c.*field = *value;
          },
          [=](const MonitorConfig& c) { return std::vector{std::to_string(c.*field)}; }};
}

int parse_fd(const char* name, const std::string& text_value) {
  const auto value = parse_uint(text_value);
  if (!value || *value > 1'000'000) throw_error(ErrorKind::usage, "--{} '{}': not a file descriptor", name, text_value);
  return static_cast<int>(*value);
}

Option fd(const char* name, int MonitorConfig::*field) {
  return {name, [=](MonitorConfig& c, const std::string& v) { c.*field = parse_fd(name, v); },
          [=](const MonitorConfig& c) {
            return c.*field < 0 ? std::vector<std::string>{} : std::vector{std::to_string(c.*field)};
          }};
}

Option flag(const char* name, bool MonitorConfig::*field) {
  return {name,
          [=](MonitorConfig& c, const std::string& v) {
            if (v != "true" && v != "false")
              throw_error(ErrorKind::usage, "--{} '{}': neither true nor false", name, v);
            c.*field = v == "true";
          },
          [=](const MonitorConfig& c) { return std::vector<std::string>{c.*field ? "true" : "false"}; }};
}

Option list(const char* name, std::vector<std::string> MonitorConfig::*field) {
  return {name, [=](MonitorConfig& c, const std::string& v) { (c.*field).push_back(v); },
          [=](const MonitorConfig& c) { return c.*field; }};
}

Option fd_list(const char* name, std::vector<int> MonitorConfig::*field) {
  return {name, [=](MonitorConfig& c, const std::string& v) { (c.*field).push_back(parse_fd(name, v)); },
          [=](const MonitorConfig& c) {
            std::vector<std::string> out;
            for (const int value : c.*field) out.push_back(std::to_string(value));
            return out;
          }};
}

std::vector<Option> health_options() {
  using C = MonitorConfig;
  return {
      text("health-process", &C::health_process),
      number("health-interval", &C::health_interval_ms),
      number("health-timeout", &C::health_timeout_ms),
      number("health-start-period", &C::health_start_period_ms),
      number("health-start-interval", &C::health_start_interval_ms),
      number("health-retries", &C::health_retries),
      text("startup-process", &C::startup_process),
      number("startup-interval", &C::startup_interval_ms),
      number("startup-timeout", &C::startup_timeout_ms),
      number("startup-retries", &C::startup_retries),
      number("startup-successes", &C::startup_successes),
      text("health-on-failure", &C::health_on_failure),
  };
}

std::vector<Option> options() {
  using C = MonitorConfig;
  std::vector<Option> table = {
      text("id", &C::id),
      text("name", &C::name),
      text("container-dir", &C::container_dir),
      text("run-dir", &C::run_dir),
      text("bundle", &C::bundle_dir),
      text("rootfs", &C::rootfs),
      text("runtime", &C::runtime),
      list("runtime-arg", &C::runtime_args),
      text("runtime-root", &C::runtime_root),
      flag("runtime-is-ours", &C::runtime_is_ours),
      flag("start-by-command", &C::start_by_command),
      text("log-driver", &C::log_driver),
      text("log-path", &C::log_path),
      number("log-max-size", &C::log_max_size),
      number("log-max-files", &C::log_max_files),
      text("log-tag", &C::log_tag),
      text("notify-mode", &C::notify_mode),
      fd("notify-fd", &C::notify_fd),
      fd_list("listen-fd", &C::listen_fds),
      fd_list("stdio-fd", &C::stdio_fds),
      flag("tty", &C::tty),
      flag("interactive", &C::interactive),
      text("stop-signal", &C::stop_signal),
      number("stop-timeout", &C::stop_timeout_s),
      number("timeout", &C::timeout_s),
      text("restart", &C::restart),
      number("restart-max-retries", &C::restart_max_retries),
      flag("auto-remove", &C::auto_remove),
      text("marker", &C::marker_path),
      text("passing-marker", &C::passing_path),
      text("staging-dir", &C::staging_dir),
      list("remove-dir", &C::remove_dirs),
      list("remove-link", &C::remove_links),
      text("events-dir", &C::events_dir),
      text("boot-id", &C::boot_id),
      text("pidfile", &C::pidfile),
      list("port", &C::ports),
      text("image", &C::image),
      fd("sync-fd", &C::sync_fd),
      fd("lock-fd", &C::lock_fd),
      fd("marker-fd", &C::marker_fd),
      fd("last-one-fd", &C::last_one_fd),
      text("holder-socket", &C::holder_socket),
      fd_list("keep-fd", &C::keep_fds),
  };
  for (auto& option : health_options()) table.push_back(std::move(option));
  return table;
}

}  // namespace

std::vector<std::string> to_argv(const MonitorConfig& config) {
  std::vector<std::string> argv;
  for (const auto& option : options())
    for (auto& value : option.write(config)) {
      argv.push_back(std::string("--") + option.name);
      argv.push_back(std::move(value));
    }
  return argv;
}

MonitorConfig monitor_config_from_argv(const std::vector<std::string>& argv) {
  MonitorConfig config;
  const auto table = options();
  for (std::size_t i = 0; i < argv.size(); i += 2) {
    const Option* found = nullptr;
    for (const auto& option : table)
      if (argv[i] == std::string("--") + option.name) found = &option;
    if (found == nullptr) throw_error(ErrorKind::usage, "unknown option '{}'", argv[i]);
    if (i + 1 == argv.size()) throw_error(ErrorKind::usage, "option '{}' needs a value", argv[i]);
    found->read(config, argv[i + 1]);
  }
  if (config.id.empty() || config.container_dir.empty() || config.run_dir.empty() || config.bundle_dir.empty() ||
      config.runtime.empty())
    throw_error(ErrorKind::usage,
                "lichen-conmon is started by lichen: --id, --container-dir, --run-dir, --bundle and --runtime "
                "are needed");
  return config;
}

std::string health_update_text(const MonitorConfig& config) {
  std::string lines;
  for (const auto& option : health_options())
    for (const auto& value : option.write(config)) lines += std::string(option.name) + "=" + value + "\n";
  return lines;
}

void apply_health_update(std::string_view lines, MonitorConfig& config) {
  MonitorConfig changed = config;
  for (std::string MonitorConfig::*field :
       {&MonitorConfig::health_process, &MonitorConfig::startup_process, &MonitorConfig::health_on_failure})
    (changed.*field).clear();  // what is empty has no line
  const auto table = health_options();
  for (const auto& line : split(lines, '\n')) {
    if (line.empty()) continue;
    const auto pair = cut(line, '=');
    const Option* found = nullptr;
    for (const auto& option : table)
      if (pair && pair->first == option.name) found = &option;
    if (found == nullptr) throw_error(ErrorKind::usage, "update '{}': it is not about health", line);
    found->read(changed, pair->second);
  }
  config = std::move(changed);
}

}  // namespace lichen::wire
