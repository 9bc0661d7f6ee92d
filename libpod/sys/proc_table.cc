#include "libpod/sys/proc_table.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <sys/stat.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

constexpr std::size_t kFirstField = 3, kStartTime = 22;

pid_t parent_of(pid_t pid) {
  const auto stat = process_stat(pid);
  return stat ? stat->parent() : 0;
}

// Whether the pid namespace of `first` says who belongs to it.
std::optional<ino_t> own_pid_namespace(pid_t first) {
  const ino_t inode = process_namespace(first, "pid");
  if (inode == 0 || inode == process_namespace(::getpid(), "pid")) return std::nullopt;
  return inode;
}

std::vector<pid_t> descendants(pid_t first) {
  std::map<pid_t, std::vector<pid_t>> children;
  bool is_there = false;
  for (const pid_t pid : all_processes()) {
    children[parent_of(pid)].push_back(pid);
    is_there = is_there || pid == first;
  }
  std::vector<pid_t> out;
  if (is_there) out.push_back(first);
  // A pid that is given anew between two reads may seem to be its own grandfather: each parent is asked once.
  for (std::size_t i = 0; i < out.size(); ++i)
    if (const auto found = children.extract(out[i]))
      out.insert(out.end(), found.mapped().begin(), found.mapped().end());
  return out;
}

}  // namespace

std::vector<pid_t> all_processes() {
  std::vector<pid_t> pids;
  for (const auto& name : list_directory("/proc"))
    if (const auto pid = parse_uint(name)) pids.push_back(static_cast<pid_t>(*pid));
  return pids;
}

std::optional<std::string> read_process_file(pid_t pid, std::string_view name, std::size_t limit) {
  try {
    return read_file_if_exists(format("/proc/{}/{}", pid, name), limit);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<ProcessStat> ProcessStat::parse(std::string_view line) {
  const auto close = line.rfind(')');
  if (close == std::string_view::npos) return std::nullopt;
  ProcessStat stat;
  stat.fields_ = split(trim(line.substr(close + 1)), ' ');
  if (stat.fields_.size() <= kStartTime - kFirstField || stat.fields_[0].empty()) return std::nullopt;
  return stat;
}

std::uint64_t ProcessStat::number(std::size_t field) const {
  const std::size_t index = field - kFirstField;
  return index < fields_.size() ? parse_uint(fields_[index]).value_or(0) : 0;
}

std::int64_t ProcessStat::signed_number(std::size_t field) const {
  const std::size_t index = field - kFirstField;
  return index < fields_.size() ? parse_int(fields_[index]).value_or(0) : 0;
}

std::optional<ProcessStat> process_stat(pid_t pid) {
  const auto line = read_process_file(pid, "stat");
  return line ? ProcessStat::parse(*line) : std::nullopt;
}

ino_t process_namespace(pid_t pid, std::string_view kind) {
  struct stat info {};
  return ::stat(format("/proc/{}/ns/{}", pid, kind).c_str(), &info) == 0 ? info.st_ino : 0;
}

std::map<ino_t, std::vector<pid_t>> processes_by_pid_namespace() {
  std::map<ino_t, std::vector<pid_t>> out;
  for (const pid_t pid : all_processes())
    if (const ino_t inode = process_namespace(pid, "pid"); inode != 0) out[inode].push_back(pid);
  return out;
}

std::vector<pid_t> processes_with(pid_t first) {
  const auto inode = own_pid_namespace(first);
  if (!inode) return descendants(first);
  std::vector<pid_t> out;
  for (const pid_t pid : all_processes())
    if (process_namespace(pid, "pid") == *inode) out.push_back(pid);
  // In a namespace of its own everybody but the first may have any pid.
  std::stable_partition(out.begin(), out.end(), [first](pid_t pid) { return pid == first; });
  return out;
}

bool is_process_with(pid_t first, pid_t pid) {
  if (const auto inode = own_pid_namespace(first)) return process_namespace(pid, "pid") == *inode;
  constexpr int kDeepest = 10'000;  // a circle of pids that are given anew ends here
  pid_t at = process_stat(pid) ? pid : 0;
  for (int depth = 0; at > 0 && at != first && depth < kDeepest; ++depth) at = parent_of(at);
  return at > 0 && at == first;
}

}  // namespace lichen::sys
