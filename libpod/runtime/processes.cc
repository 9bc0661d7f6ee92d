#include "libpod/runtime/processes.hh"

#include <algorithm>
#include <chrono>
#include <thread>

#include "libpod/base/error.hh"
#include "libpod/runtime/cgroup.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/proc_table.hh"
#include "libpod/sys/process.hh"

#include <signal.h>

namespace lichen::runtime {
namespace {

// Field 3 of /proc/PID/stat.
bool is_stopped_or_dead(pid_t pid) {
  const auto stat = sys::process_stat(pid);
  return !stat || std::string_view("TtZX").find(stat->state()) != std::string_view::npos;
}

bool is_container_process(const ContainerRecord& record, pid_t pid) {
  if (record.cgroup.empty()) return sys::is_process_with(record.pid, pid) && open_init(record);
  const auto pids = cgroup_processes(record.cgroup);
  return std::find(pids.begin(), pids.end(), pid) != pids.end();
}

}  // namespace

std::vector<pid_t> container_processes(const ContainerRecord& record) {
  if (!record.cgroup.empty()) return cgroup_processes(record.cgroup);
  return open_init(record) ? sys::processes_with(record.pid) : std::vector<pid_t>();
}

bool signal_container(const ContainerRecord& record, int signal, bool all) {
  const auto init = open_init(record);
  if (all && !record.cgroup.empty() && signal == SIGKILL && sys::exists(record.cgroup)) {
    kill_cgroup(record.cgroup);
    return true;
  }
  if (!all) return init && sys::signal_pidfd(init->get(), signal);
  bool any = false;
  auto pids = container_processes(record);
  // Children before their parents: whose parent has ended is a child of somebody else, and no longer found.
  std::reverse(pids.begin(), pids.end());
  for (const pid_t pid : pids) {
    // The pid may be reused between the listing and here: the pidfd is opened first, then looked at again.
    const auto fd = sys::open_pidfd(pid);
    if (!fd || !is_container_process(record, pid)) continue;
    any = sys::signal_pidfd(fd->get(), signal) || any;
  }
  return any;
}

void stop_processes(const ContainerRecord& record) {
  constexpr int kRounds = 200;
  for (int round = 0; round < kRounds; ++round) {
    bool any = false;
    for (const pid_t pid : container_processes(record)) {
      const auto fd = sys::open_pidfd(pid);
      if (!fd || is_stopped_or_dead(pid)) continue;
      any = sys::signal_pidfd(fd->get(), SIGSTOP) || any;
    }
    if (!any) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  throw_error(ErrorKind::system, "pause container '{}': its processes multiply faster than they can be stopped",
              record.id);
}

}  // namespace lichen::runtime
