#include "libpod/engine/stop.hh"

#include <algorithm>
#include <thread>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/container_health.hh"
#include "libpod/engine/control.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/init_signal.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/proc_table.hh"
#include "libpod/sys/process.hh"
#include "libpod/sys/signals.hh"

#include <signal.h>

namespace lichen::engine {
namespace {

constexpr std::int64_t kForEver = INT64_MAX / 2;  // milliseconds
constexpr std::chrono::seconds kAnswer{5};        // how much longer a monitor may take than the container
constexpr std::chrono::seconds kLastWords{20};    // from the end of its socket to its own

bool is_alive(const store::ContainerRecord& record) { return wire::is_active(record.state.status); }

int signal_number(const std::string& text) {
  const auto number = sys::parse_signal_name(text);
  if (!number)
    throw Error(ErrorKind::usage, format("invalid signal: {}", text))
        .with_hint("use a name such as TERM or a number from 1 to 64");
  return *number;
}

bool shares_host_pids(const spec::ContainerConfig& config) {
  return !config.pid_mode.empty() && config.pid_mode != "private";
}

}  // namespace

StopOrder stop_order(const store::ContainerRecord& record, std::optional<std::int64_t> timeout_s,
                     const std::string& signal) {
  const int number = signal_number(signal.empty() ? record.config.stop_signal : signal);
  std::int64_t timeout = timeout_s.value_or(record.config.stop_timeout_s);
  if (!shares_host_pids(record.config) && sys::notices(static_cast<pid_t>(record.state.pid), number) == sys::Notice::no)
    timeout = 0;  // else the monitor looks, after the signal
  return {number, timeout < 0 ? kForEver : timeout * 1000};
}

PendingStop begin_stop(Engine& engine, const std::string& name_or_id, std::optional<std::int64_t> timeout_s,
                       const std::string& signal) {
  PendingStop stop{.record = find_container(engine, name_or_id), .patience = {}, .socket = {}};
  if (!is_alive(stop.record)) return stop;
  const StopOrder order = stop_order(stop.record, timeout_s, signal);
  if (order.timeout_ms != kForEver) stop.patience = std::chrono::milliseconds(order.timeout_ms) + kAnswer;
  stop.socket = connect_monitor(engine, stop.record.config.id);
  if (stop.socket)
    send_message(stop.socket->get(),
                 {.type = wire::MessageType::stop, .a = order.signal, .b = order.timeout_ms, .text = ""});
  return stop;
}

PendingStop begin_stop_for_reboot(Engine& engine, const std::string& name_or_id) {
  PendingStop stop{.record = find_container(engine, name_or_id), .patience = {}, .socket = {}};
  if (!is_alive(stop.record)) return stop;
  if (stop.record.config.stop_timeout_s >= 0)
    stop.patience = std::chrono::seconds(stop.record.config.stop_timeout_s) + kAnswer;
  stop.socket = connect_monitor(engine, stop.record.config.id);
  const auto monitor = sys::open_pidfd(static_cast<pid_t>(stop.record.state.monitor_pid));
  // Its lock after its pid: so that pid is the monitor's still.
  if (!stop.socket || !monitor || !engine.containers.is_monitor_alive(stop.record.config.id)) return stop;
  send_message(stop.socket->get(), {.type = wire::MessageType::wait});
  sys::signal_pidfd(monitor->get(), SIGTERM);
  return stop;
}

void finish_stop(Engine& engine, PendingStop& stop) {
  if (!stop.socket) return;
  try {
    await_exit(stop.socket->get(), stop.record.config.id, stop.patience);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::conflict) throw;
    kill_init(engine, stop.record.state, SIGKILL);
  }
}

void stop_container(Engine& engine, const std::string& name_or_id, std::optional<std::int64_t> timeout_s,
                    const std::string& signal) {
  auto stop = begin_stop(engine, name_or_id, timeout_s, signal);
  finish_stop(engine, stop);
}

void kill_container(Engine& engine, const std::string& name_or_id, const std::string& signal) {
  const auto record = find_container(engine, name_or_id);
  const int number = signal_number(signal.empty() ? "KILL" : signal);
  if (!is_alive(record))
    throw Error(ErrorKind::conflict, format("cannot kill container: {}: container {} is not running", name_or_id,
                                            short_id(record.config.id)));
  if (!request_done(engine, record.config.id, {.type = wire::MessageType::kill, .a = number, .b = 0, .text = ""}))
    kill_init(engine, record.state, number);
}

WaitConditions parse_wait_conditions(const std::vector<std::string>& words) {
  using enum wire::ContainerStatus;
  WaitConditions conditions;
  auto& wanted = conditions.states;
  for (const auto& word : words) {
    if (word == "healthy" || word == "unhealthy")
      conditions.health.push_back(word);
    else if (word == "stopped" || word == "exited")
      wanted.push_back(exited);
    else if (word == "created" || word == "configured")
      wanted.push_back(created);
    else if (word == "running")
      wanted.push_back(running);
    else if (word == "paused")
      wanted.push_back(paused);
    else if (word == "removing")
      wanted.push_back(removing);
    else
      throw Error(ErrorKind::unsupported,
                  format("--condition '{}': containers of lichen are never in this state", word))
          .with_hint("use created, running, paused, stopped, exited, removing, healthy or unhealthy");
  }
  return conditions;
}

namespace {

// States that no message tells: looked at often enough for a person, seldom enough for the machine.
constexpr std::chrono::milliseconds kLook{50};

void check_has_health(const store::ContainerRecord& record) {
  if (health_command(record.config).empty())
    throw Error(ErrorKind::usage, format("container {} has no health check to wait for", record.config.name))
        .with_hint("give it one when it is made: lichen run --health-cmd COMMAND ...");
}

int wait_for_state(Engine& engine, const std::string& id, const WaitConditions& conditions) {
  const auto& wanted = conditions.states;
  using enum wire::ContainerStatus;
  const bool gone_is_enough = std::find(wanted.begin(), wanted.end(), exited) != wanted.end() ||
                              std::find(wanted.begin(), wanted.end(), removing) != wanted.end();
  for (;; std::this_thread::sleep_for(kLook)) {
    try {
      const auto record = load_container(engine, id);
      if (!conditions.health.empty()) check_has_health(record);
      const bool alive = wire::has_process(record.state.status);
      if (alive &&
          std::find(conditions.health.begin(), conditions.health.end(), record.state.health) != conditions.health.end())
        return -1;
      // What has ended will not get well by waiting.
      const bool hopeless = wanted.empty() && record.state.status == exited;
      if (hopeless)
        throw_error(ErrorKind::conflict, "container {} ended before it was {}", record.config.name,
                    join(conditions.health, " or "));
      if (std::find(wanted.begin(), wanted.end(), record.state.status) == wanted.end()) continue;
      return record.state.status == exited ? static_cast<int>(record.state.exit_code) : -1;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found || !gone_is_enough) throw;
      return -1;
    }
  }
}

}  // namespace

int wait_container(Engine& engine, const std::string& name_or_id, const WaitConditions& conditions) {
  const std::string id = engine.containers.find(name_or_id);
  const auto is_end = [](wire::ContainerStatus status) { return status == wire::ContainerStatus::exited; };
  if (!conditions.health.empty() || !std::all_of(conditions.states.begin(), conditions.states.end(), is_end))
    return wait_for_state(engine, id, conditions);
  if (const auto exited = request_exit(engine, id, {.type = wire::MessageType::wait}, std::nullopt))
    return exited->code;
  auto record = load_container(engine, id);
  if (wire::is_active(record.state.status)) {
    // Its monitor listens no more and is about to write how the container ended.
    wait_for_monitor_end(engine, id, kLastWords);
    record = load_container(engine, id);
  }
  return static_cast<int>(record.state.exit_code);
}

}  // namespace lichen::engine
