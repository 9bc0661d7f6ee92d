#include "libpod/engine/container_health.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/control.hh"
#include "libpod/spec/options.hh"
#include "libpod/sys/io.hh"
#include "libpod/wire/health_log.hh"

namespace lichen::engine {
namespace {

constexpr std::int64_t kNanosPerMilli = 1'000'000;

void set_milliseconds(std::int64_t nanoseconds, std::int64_t& field) {
  if (nanoseconds > 0) field = std::max<std::int64_t>(1, nanoseconds / kNanosPerMilli);
}

std::vector<std::string> command_of(const std::optional<spec::HealthConfig>& health) {
  if (!health || health->test.empty()) return {};
  const auto& test = health->test;
  if (test[0] == "CMD-SHELL" && test.size() > 1) return {"/bin/sh", "-c", test[1]};
  if (test[0] == "CMD") return {test.begin() + 1, test.end()};
  return {};
}

}  // namespace

std::vector<std::string> health_command(const spec::ContainerConfig& config) { return command_of(config.healthcheck); }

std::vector<std::string> startup_command(const spec::ContainerConfig& config) {
  return command_of(config.startup_healthcheck);
}

void plan_health(const spec::ContainerConfig& config, const std::string& run_dir, wire::MonitorConfig& monitor) {
  if (health_command(config).empty()) return;
  const spec::HealthConfig& health = *config.healthcheck;
  monitor.health_process = run_dir + "/health-process.json";
  set_milliseconds(health.interval_ns, monitor.health_interval_ms);
  if (health.interval_ns == spec::kHealthIntervalOff) monitor.health_interval_ms = 0;
  set_milliseconds(health.timeout_ns, monitor.health_timeout_ms);
  set_milliseconds(health.start_period_ns, monitor.health_start_period_ms);
  set_milliseconds(health.start_interval_ns, monitor.health_start_interval_ms);
  if (health.retries > 0) monitor.health_retries = health.retries;
  monitor.health_on_failure = config.health_on_failure;
  if (startup_command(config).empty()) return;
  const spec::HealthConfig& startup = *config.startup_healthcheck;
  monitor.startup_process = run_dir + "/startup-process.json";
  set_milliseconds(startup.interval_ns, monitor.startup_interval_ms);
  if (startup.interval_ns == spec::kHealthIntervalOff) monitor.startup_interval_ms = 0;
  set_milliseconds(startup.timeout_ns, monitor.startup_timeout_ms);
  monitor.startup_retries = startup.retries;
  monitor.startup_successes = std::max<std::int64_t>(1, config.startup_successes);
}

Json health_state_object(const Engine& engine, const store::ContainerRecord& record) {
  if (record.state.health.empty()) return nullptr;
  wire::HealthLog log;
  const std::string path = engine.paths.container(record.config.id) + "/health.json";
  try {
    if (const auto text = sys::read_file_if_exists(path, 1 << 20))
      log = wire::health_log_from_json(parse_json(*text, path), path);
  } catch (const Error& error) {
    log_debug("{}", error.what());  // a torn record of old checks is no reason not to show the container
  }
  Json out;
  out["Status"] = record.state.health;
  out["FailingStreak"] = log.failing_streak;
  out["Log"] = Json::array();
  for (const auto& result : log.results)
    out["Log"].push_back(
        {{"Start", result.start}, {"End", result.end}, {"ExitCode", result.exit_code}, {"Output", result.output}});
  return out;
}

HealthCheckResult run_health_check(Engine& engine, const std::string& name_or_id) {
  const auto record = find_container(engine, name_or_id);
  if (health_command(record.config).empty())
    throw Error(ErrorKind::usage, format("container {} has no health check", record.config.name))
        .with_hint("give it one when it is made: lichen run --health-cmd COMMAND ...");
  const auto not_running = [&]() -> Error {
    return Error(ErrorKind::conflict, format("container {} is not running", record.config.name))
        .with_hint(format("start it: lichen start {}", record.config.name));
  };
  const auto socket = connect_monitor(engine, record.config.id);
  if (!socket || !send_message(socket->get(), {.type = wire::MessageType::check_health, .a = 0, .b = 0, .text = ""}))
    throw not_running();
  for (;;) {
    const Answer answer = receive_message(socket->get(), std::nullopt);
    if (!answer.received || answer.received->message.type == wire::MessageType::exited) throw not_running();
    const wire::Message& message = answer.received->message;
    if (message.type == wire::MessageType::error) throw_monitor_error(message);
    if (message.type == wire::MessageType::health) return {message.a, message.text};
  }
}

}  // namespace lichen::engine
