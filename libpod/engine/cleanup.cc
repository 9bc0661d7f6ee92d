#include "libpod/engine/cleanup.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/remove.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/process.hh"

#include <signal.h>

namespace lichen::engine {
namespace {

// How long a monitor may take to bring a container up or to its end.
constexpr std::chrono::seconds kMoments{20};

}  // namespace

void kill_init(Engine& engine, const wire::ContainerState& state, int signal) {
  // A pid of another boot names somebody else's process by now.
  if (state.boot_id != engine.paths.boot_id()) return;
  const auto process = sys::open_process(static_cast<pid_t>(state.pid), state.pid_start);
  if (!process) return;
  engine.enter_userns();  // its user may be a subordinate id: only root of U0 may signal it
  if (!sys::signal_pidfd(process->get(), signal)) return;
  if (signal == SIGKILL) sys::wait_pidfd(process->get(), std::chrono::seconds(5));
}

void discard_runtime_state(const Engine& engine, const spec::ContainerConfig& config) {
  if (!sys::exists(engine.paths.oci_root() + "/" + config.id)) return;
  const auto result = sys::run_program(
      {engine.runtime_path(config.runtime), "--root", engine.paths.oci_root(), "delete", "--force", config.id});
  if (result.status.code != 0) log_debug("delete --force {}: {}", config.id, result.err);
}

namespace {

// Lost: the file says it lives, the lock says it does not.
void settle_lost(Engine& engine, store::ContainerRecord& record) {
  const std::string& id = record.config.id;
  const bool rebooted = record.state.boot_id != engine.paths.boot_id();
  kill_init(engine, record.state, SIGKILL);
  if (!rebooted && sys::exists(engine.paths.oci_root() + "/" + id)) {
    engine.enter_userns();
    discard_runtime_state(engine, record.config);
  }
  record.state.status = wire::ContainerStatus::exited;
  record.state.pid = 0;
  record.state.monitor_pid = 0;
  if (!record.state.health.empty()) record.state.health = "unhealthy";  // nobody looks after it any more
  // Docker gives 255 to containers that an unclean stop of the machine has ended.
  record.state.exit_code = rebooted ? 255 : 137;
  record.state.error = rebooted ? "the machine was restarted" : "its monitor was killed, and the container with it";
  if (record.state.finished_at.empty() || record.state.finished_at < record.state.started_at)
    record.state.finished_at = to_rfc3339(now());
  if (record.config.auto_remove) {
    engine.enter_userns();
    remove_stopped(engine, record.config, /*volumes=*/true);
    throw_error(ErrorKind::not_found, "no such container: {} (it was started with --rm, and {})", record.config.name,
                record.state.error);
  }
  engine.containers.write_state(id, record.state, sys::Durability::synced);
  if (rebooted) return;
  sys::remove_tree(engine.paths.container_run(id));
}

}  // namespace

store::ContainerRecord load_container(Engine& engine, const std::string& id) {
  auto record = engine.containers.load(id);
  if (record.is_lost()) settle_lost(engine, record);
  return record;
}

store::ContainerRecord find_container(Engine& engine, const std::string& name_or_id) {
  return load_container(engine, engine.containers.find(name_or_id));
}

std::vector<store::ContainerRecord> load_all_containers(
    Engine& engine, const std::function<void(const std::string& id, const Error&)>& on_damaged) {
  std::vector<store::ContainerRecord> records;
  for (const auto& id : engine.containers.list()) {
    try {
      records.push_back(load_container(engine, id));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) on_damaged(id, error);
    }
  }
  return records;
}

void wait_for_monitor_end(const Engine& engine, const std::string& id, std::chrono::milliseconds timeout) {
  const std::string lock = engine.paths.container_run(id) + "/monitor.lock";
  if (!sys::exists(lock)) return;
  try {
    sys::wait_lock(lock, sys::LockMode::shared, timeout);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
  }
}

bool wait_for_quiet(Engine& engine, const std::string& id) {
  const auto deadline = std::chrono::steady_clock::now() + kMoments;
  for (;;) {
    try {
      wait_for_monitor_end(engine, id, std::chrono::milliseconds(300));
      return true;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::conflict || std::chrono::steady_clock::now() >= deadline) throw;
    }
    if (!engine.containers.has(id)) return false;
    if (wire::is_active(engine.containers.load_state(id).status)) return false;
  }
}

}  // namespace lichen::engine
