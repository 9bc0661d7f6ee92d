#include "libpod/runtime/processes.hh"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/runtime/cgroup.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"

#include <signal.h>
#include <sys/stat.h>

namespace lichen::runtime {
namespace {

std::vector<pid_t> all_pids() {
  std::vector<pid_t> pids;
  for (const auto& name : sys::list_directory("/proc"))
    if (const auto pid = parse_uint(name)) pids.push_back(static_cast<pid_t>(*pid));
  return pids;
}

// Inode of a process's pid namespace; 0 when it is gone or not ours to see.
ino_t pid_namespace(const std::string& pid) {
  struct stat info {};
  return ::stat(("/proc/" + pid + "/ns/pid").c_str(), &info) == 0 ? info.st_ino : 0;
}

pid_t parent_of(pid_t pid) {
  const auto stat = sys::read_file_if_exists(format("/proc/{}/stat", pid));
  const auto close = stat ? stat->rfind(')') : std::string::npos;
  if (close == std::string::npos) return 0;
  const auto fields = split(std::string_view(*stat).substr(close + 2), ' ');
  return fields.size() > 1 ? static_cast<pid_t>(parse_uint(fields[1]).value_or(0)) : 0;
}

// Field 3 of /proc/PID/stat: T stopped, t traced, Z and X ended.
bool is_stopped_or_dead(pid_t pid) {
  const auto stat = sys::read_file_if_exists(format("/proc/{}/stat", pid));
  const auto close = stat ? stat->rfind(')') : std::string::npos;
  return close == std::string::npos || close + 2 >= stat->size() ||
         std::string_view("TtZX").find((*stat)[close + 2]) != std::string_view::npos;
}

std::vector<pid_t> descendants(pid_t init) {
  std::map<pid_t, pid_t> parents;
  for (const pid_t pid : all_pids()) parents[pid] = parent_of(pid);
  std::vector<pid_t> out;
  for (const auto& [pid, parent] : parents) {
    pid_t at = pid;
    for (std::size_t hops = 0; at != 0 && at != init && hops < parents.size(); ++hops)
      at = parents.contains(at) ? parents[at] : 0;
    if (at == init) out.push_back(pid);
  }
  return out;
}

}  // namespace

std::vector<pid_t> container_processes(const ContainerRecord& record) {
  if (!record.cgroup.empty()) return cgroup_processes(record.cgroup);
  if (!open_init(record)) return {};
  const ino_t name_space = pid_namespace(std::to_string(record.pid));
  if (name_space == 0 || name_space == pid_namespace("self")) return descendants(record.pid);
  std::vector<pid_t> out;
  for (const pid_t pid : all_pids())
    if (pid_namespace(std::to_string(pid)) == name_space) out.push_back(pid);
  return out;
}

bool signal_container(const ContainerRecord& record, int signal, bool all) {
  const auto init = open_init(record);
  if (all && !record.cgroup.empty() && signal == SIGKILL && sys::exists(record.cgroup)) {
    kill_cgroup(record.cgroup);
    return true;
  }
  if (!all) return init && sys::signal_pidfd(init->get(), signal);
  bool any = false;
  for (const pid_t pid : container_processes(record)) {
    // The pid may be reused between the listing and here: the pidfd is opened first, then looked at again.
    const auto fd = sys::open_pidfd(pid);
    if (!fd) continue;
    const auto again = container_processes(record);
    if (std::find(again.begin(), again.end(), pid) == again.end()) continue;
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
