// The table of processes as /proc shows it at one moment: who there is, whose child, in which namespaces.
//
// All of it races with processes that end: one that has gone is left out, never an error. The kernel says so in two
// ways (proc(5)): ENOENT when the directory is opened, ESRCH when the process ended between open and read. A pid from
// here may belong to another process by the time it is used: who sends a signal opens a pidfd first and then asks
// again (is_process_with).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace lichen::sys {

/// Pids of all processes that /proc shows, unsorted; threads are not among them.
std::vector<pid_t> all_processes();

/// Content of /proc/PID/`name`, "status" for instance. nullopt when the process has ended, is not ours to look at, or
/// says more than `limit` bytes (its arguments may be megabytes).
std::optional<std::string> read_process_file(pid_t pid, std::string_view name, std::size_t limit = 256u << 10);

/// One line of /proc/PID/stat. Fields are numbered as proc(5) does: 4 is the parent.
class ProcessStat {
 public:
  /// nullopt for what is no such line. The name (field 2) may hold blanks, parentheses and line ends.
  static std::optional<ProcessStat> parse(std::string_view line);

  char state() const { return fields_[0][0]; }  // R S D running, Z X ended, T stopped, t traced
  pid_t parent() const { return static_cast<pid_t>(number(4)); }
  /// @param field  3 and up; 0 for a field that this kernel does not have, or one that is negative
  std::uint64_t number(std::size_t field) const;
  std::int64_t signed_number(std::size_t field) const;

 private:
  std::vector<std::string> fields_;  // from the third on; at least up to the start time, 22
};

/// nullopt when there is no such process. A zombie is one, until it is waited for.
std::optional<ProcessStat> process_stat(pid_t pid);

/// Inode of a namespace, which names it while anybody is in it. @param kind  "pid", "user", ... (namespaces(7))
/// @return 0 when the process has ended or is not ours to look at
ino_t process_namespace(pid_t pid, std::string_view kind);

/// All processes by the inode of their pid namespace: one walk, however many are asked for afterwards.
std::map<ino_t, std::vector<pid_t>> processes_by_pid_namespace();

/// The processes of which `first` is the first: those in its pid namespace; where that is ours too, or not ours to look
/// at, `first` and its descendants, each after its parent. `first` comes first. Empty when it has ended.
std::vector<pid_t> processes_with(pid_t first);

/// Whether `pid` is in processes_with(first) now, without asking any other process.
bool is_process_with(pid_t first, pid_t pid);

}  // namespace lichen::sys
