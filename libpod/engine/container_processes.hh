// The processes of a running container, from /proc: for top, and for stats where there is no cgroup.
//
// Everything is read as it is at that moment; a process that ends meanwhile is left out. Names of users come from the
// container's own /etc/passwd, read with the same limits as at its start (C14): no program of the container or of the
// host is executed (C31).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct ProcessFacts {
  pid_t pid = 0, parent = 0;       // as we see them
  pid_t pid_inside = 0;            // in its own pid namespace; proc(5), NSpid
  std::uint32_t uid = 0, gid = 0;  // effective, as we see them
  char state = '?';
  std::int64_t tty = 0;  // device number, 0 = none
  std::int64_t nice = 0, threads = 0;
  std::uint64_t started_ticks = 0;  // since boot, CLOCK_BOOTTIME
  std::uint64_t cpu_ticks = 0;      // user and system
  std::uint64_t virtual_bytes = 0, resident_bytes = 0;
  std::string name;     // comm
  std::string command;  // arguments with blanks between; "[name]" when there are none
};

/// Pids of all processes of a container that runs: those of its pid namespace, or, where it shares the host's, its
/// first process and the descendants.
/// @stage in U0: namespaces of subordinate ids are not ours to see outside
std::vector<pid_t> container_pids(const store::ContainerRecord& record);

std::optional<ProcessFacts> read_process(pid_t pid);

/// container_pids and read_process, ordered by start. @stage in U0
std::vector<ProcessFacts> container_processes(const store::ContainerRecord& record);

/// The user namespace of a process: "host" are ids as we see them. Empty when it is ours, or the process has ended.
/// @param file  "uid_map" or "gid_map"
spec::IdMap id_map_of_process(pid_t pid, const char* file);

/// sysconf(_SC_CLK_TCK), and seconds since boot.
std::uint64_t ticks_per_second();
double seconds_since_boot();

}  // namespace lichen::engine
