#include "libpod/runtime/delete.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/runtime/cgroup.hh"
#include "libpod/runtime/commands.hh"
#include "libpod/runtime/config.hh"
#include "libpod/runtime/hooks.hh"
#include "libpod/runtime/processes.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/process.hh"

#include <signal.h>

namespace lichen::runtime {

void kill_and_wait(const ContainerRecord& record) {
  const auto init = open_init(record);
  const bool all = !record.cgroup.empty();
  if (!init) {
    if (all) signal_container(record, SIGKILL, /*all=*/true);
    return;
  }
  // Processes that share a pid namespace with others do not die with init: they are signalled one by one.
  signal_container(record, SIGKILL, /*all=*/true);
  sys::signal_pidfd(init->get(), SIGKILL);
  if (!sys::wait_pidfd(init->get(), std::chrono::seconds(10)))
    throw_error(ErrorKind::system, "kill container '{}': process {} does not end", record.id, record.pid);
}

void remove_container(const std::string& root, const ContainerRecord& record) {
  spec::OciHooks hooks;
  try {
    hooks = read_copy(container_dir(root, record.id)).hooks;
  } catch (const Error& error) {
    log_text(LogLevel::warn, format("delete container '{}': no poststop hooks are run: {}", record.id, error.what()));
  }
  if (!record.cgroup.empty()) {
    if (sys::exists(record.cgroup)) kill_cgroup(record.cgroup);
    remove_cgroup(record.cgroup);
  }
  remove_container_dir(root, record.id);
  // runtime.md, "Lifecycle" 13: after the container is gone; a failing one is logged only.
  const std::string state = dump_json(state_json(record, Status::stopped));
  for (const auto& hook : hooks.poststop) {
    try {
      run_hooks({hook}, "poststop", state);
    } catch (const Error& error) {
      log_text(LogLevel::warn, error.what());
    }
  }
}

int delete_command(const Options& options) {
  const std::string& id = options.arguments[0];
  const auto record = find_record(options.root, id);
  if (!record) {
    if (!options.force) throw_error(ErrorKind::not_found, "container '{}' does not exist", id);
    // What a killed `create` left: no record, and nobody holds the lock.
    if (sys::exists(container_dir(options.root, id)) &&
        sys::try_lock(container_dir(options.root, id), sys::LockMode::exclusive))
      remove_container_dir(options.root, id);
    return 0;
  }
  const Status status = status_of(options.root, *record);
  if (status != Status::stopped && status != Status::created && !options.force)
    throw Error(ErrorKind::conflict, format("delete container '{}': it is {}", id, to_string(status)))
        .with_hint("stop it first, or use --force");
  if (status == Status::paused) freeze_cgroup(record->cgroup, false);
  if (status != Status::stopped) kill_and_wait(*record);
  remove_container(options.root, *record);
  return 0;
}

}  // namespace lichen::runtime
