#include "libpod/engine/container_processes.hh"

#include <algorithm>
#include <map>
#include <sstream>

#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

constexpr std::size_t kProcFile = 64 << 10;

std::optional<std::string> read_proc(pid_t pid, std::string_view name) {
  try {
    return sys::read_file_if_exists(format("/proc/{}/{}", pid, name), kProcFile);
  } catch (const Error&) {
    return std::nullopt;  // it ended, or its arguments are longer than we want to see
  }
}

std::vector<pid_t> all_pids() {
  std::vector<pid_t> pids;
  for (const auto& name : sys::list_directory("/proc"))
    if (const auto pid = parse_uint(name)) pids.push_back(static_cast<pid_t>(*pid));
  return pids;
}

ino_t namespace_of(const std::string& pid, std::string_view kind) {
  struct stat info {};
  return ::stat(format("/proc/{}/ns/{}", pid, kind).c_str(), &info) == 0 ? info.st_ino : 0;
}

// Fields of /proc/PID/stat from the third on (proc(5)): the name before them may hold blanks and parentheses.
std::vector<std::string> stat_fields(const std::string& text) {
  const auto close = text.rfind(')');
  if (close == std::string::npos || close + 2 > text.size()) return {};
  return split(trim(std::string_view(text).substr(close + 2)), ' ');
}

pid_t parent_of(pid_t pid) {
  const auto fields = stat_fields(read_proc(pid, "stat").value_or(""));
  return fields.size() > 1 ? static_cast<pid_t>(parse_uint(fields[1]).value_or(0)) : 0;
}

std::vector<pid_t> descendants(pid_t init) {
  std::map<pid_t, pid_t> parents;
  for (const pid_t pid : all_pids()) parents[pid] = parent_of(pid);
  std::vector<pid_t> out;
  for (const auto& entry : parents) {
    pid_t at = entry.first;
    for (std::size_t hops = 0; at != 0 && at != init && hops < parents.size(); ++hops)
      at = parents.contains(at) ? parents[at] : 0;
    if (at == init) out.push_back(entry.first);
  }
  return out;
}

std::string status_line(const std::string& status, std::string_view field) {
  for (const auto& line : split(status, '\n'))
    if (line.starts_with(field)) return std::string(trim(std::string_view(line).substr(field.size())));
  return "";
}

// The second word of "Uid: real effective saved filesystem".
std::uint32_t effective(const std::string& line) {
  std::istringstream words(line);
  std::uint32_t real = 0, id = 0;
  words >> real >> id;
  return id;
}

std::uint64_t number_at(const std::vector<std::string>& fields, std::size_t number) {  // as proc(5) counts
  const std::size_t index = number - 3;
  return index < fields.size() ? parse_uint(fields[index]).value_or(0) : 0;
}

std::string arguments(pid_t pid, const std::string& name) {
  std::string text = read_proc(pid, "cmdline").value_or("");
  while (!text.empty() && text.back() == '\0') text.pop_back();
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text.empty() ? "[" + name + "]" : text;
}

}  // namespace

std::vector<pid_t> container_pids(const store::ContainerRecord& record) {
  const auto init = static_cast<pid_t>(record.state.pid);
  if (init <= 0) return {};
  const ino_t theirs = namespace_of(std::to_string(init), "pid");
  if (theirs == 0) return {};
  if (theirs == namespace_of("self", "pid")) return descendants(init);
  std::vector<pid_t> out;
  for (const pid_t pid : all_pids())
    if (namespace_of(std::to_string(pid), "pid") == theirs) out.push_back(pid);
  return out;
}

std::optional<ProcessFacts> read_process(pid_t pid) {
  const auto stat = read_proc(pid, "stat");
  const auto status = read_proc(pid, "status");
  if (!stat || !status) return std::nullopt;
  const auto fields = stat_fields(*stat);
  if (fields.size() < 22 || fields[0].empty()) return std::nullopt;
  ProcessFacts facts;
  facts.pid = pid;
  facts.state = fields[0][0];
  facts.parent = static_cast<pid_t>(number_at(fields, 4));
  facts.tty = static_cast<std::int64_t>(number_at(fields, 7));
  facts.cpu_ticks = number_at(fields, 14) + number_at(fields, 15);
  facts.nice = parse_int(fields[19 - 3]).value_or(0);
  facts.threads = static_cast<std::int64_t>(number_at(fields, 20));
  facts.started_ticks = number_at(fields, 22);
  facts.virtual_bytes = number_at(fields, 23);
  facts.resident_bytes = number_at(fields, 24) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  facts.uid = effective(status_line(*status, "Uid:"));
  facts.gid = effective(status_line(*status, "Gid:"));
  facts.name = status_line(*status, "Name:");
  const auto inside = split(status_line(*status, "NSpid:"), '\t');
  facts.pid_inside = static_cast<pid_t>(parse_uint(inside.back()).value_or(0));
  facts.command = arguments(pid, facts.name);
  return facts;
}

std::vector<ProcessFacts> container_processes(const store::ContainerRecord& record) {
  std::vector<ProcessFacts> out;
  for (const pid_t pid : container_pids(record))
    if (auto facts = read_process(pid)) out.push_back(*std::move(facts));
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::pair(a.started_ticks, a.pid) < std::pair(b.started_ticks, b.pid);
  });
  return out;
}

InsideIds::InsideIds(pid_t init, const char* map) {
  // In our own namespace the map would be told relative to the one above (user_namespaces(7)).
  if (namespace_of(std::to_string(init), "user") == namespace_of("self", "user")) {
    ranges_ = {{0, 0, 0xFFFFFFFF}};
    return;
  }
  std::istringstream text(read_proc(init, map).value_or(""));
  Range range{};
  while (text >> range.inside >> range.ours >> range.count) ranges_.push_back(range);
}

std::uint32_t InsideIds::of(std::uint32_t ours) const {
  for (const auto& range : ranges_)
    if (ours >= range.ours && ours - range.ours < range.count) return range.inside + (ours - range.ours);
  return 65534;  // user_namespaces(7): the overflow id
}

std::uint64_t ticks_per_second() { return static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)); }

double seconds_since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace lichen::engine
