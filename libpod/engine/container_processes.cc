#include "libpod/engine/container_processes.hh"

#include <algorithm>
#include <sstream>

#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/proc_table.hh"

#include <time.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

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

std::string arguments(pid_t pid, const std::string& name) {
  std::string text = sys::read_process_file(pid, "cmdline").value_or("");
  while (!text.empty() && text.back() == '\0') text.pop_back();
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text.empty() ? "[" + name + "]" : text;
}

}  // namespace

std::vector<pid_t> container_pids(const store::ContainerRecord& record) {
  const auto init = static_cast<pid_t>(record.state.pid);
  return init > 0 ? sys::processes_with(init) : std::vector<pid_t>();
}

std::optional<ProcessFacts> read_process(pid_t pid) {
  const auto stat = sys::process_stat(pid);
  const auto status = sys::read_process_file(pid, "status");
  if (!stat || !status) return std::nullopt;
  ProcessFacts facts;
  facts.pid = pid;
  facts.state = stat->state();
  facts.parent = stat->parent();
  facts.tty = static_cast<std::int64_t>(stat->number(7));
  facts.cpu_ticks = stat->number(14) + stat->number(15);
  facts.nice = stat->signed_number(19);
  facts.threads = stat->signed_number(20);
  facts.started_ticks = stat->number(22);
  facts.virtual_bytes = stat->number(23);
  facts.resident_bytes = stat->number(24) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
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

spec::IdMap id_map_of_process(pid_t pid, const char* file) {
  // In our own namespace the map would be told relative to the one above (user_namespaces(7)).
  if (sys::process_namespace(pid, "user") == sys::process_namespace(::getpid(), "user")) return {};
  std::istringstream text(sys::read_process_file(pid, file).value_or(""));
  spec::IdMap map;
  spec::IdMapping line;
  while (text >> line.container >> line.host >> line.size) map.push_back(line);
  return map;
}

std::uint64_t ticks_per_second() { return static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)); }

double seconds_since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace lichen::engine
