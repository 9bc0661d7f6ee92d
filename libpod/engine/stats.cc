#include "libpod/engine/stats.hh"

#include <algorithm>
#include <map>
#include <sstream>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/cgroup.hh"
#include "libpod/engine/container_processes.hh"
#include "libpod/engine/display.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/proc_table.hh"

#include <sys/sysinfo.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

// Of a cgroup, which may go at any time.
std::string read_quietly(const std::string& path) {
  try {
    return sys::read_file_if_exists(path, 256 << 10).value_or("");
  } catch (const Error&) {
    return "";
  }
}

std::string proc_file(std::int64_t pid, std::string_view name) {
  return sys::read_process_file(static_cast<pid_t>(pid), name).value_or("");
}

// The number behind `key` in a file of lines "key number".
std::optional<std::uint64_t> keyed(const std::string& text, std::string_view key) {
  for (const auto& line : split(text, '\n'))
    if (line.starts_with(key) && line.size() > key.size() && (line[key.size()] == ' ' || line[key.size()] == ':'))
      return parse_uint(split(trim(std::string_view(line).substr(key.size() + 1)), ' ')[0]);
  return std::nullopt;
}

std::uint64_t host_memory() {
  struct sysinfo info {};
  return ::sysinfo(&info) == 0 ? info.totalram * info.mem_unit : 0;
}

// ---- from /proc

struct ProcessUsage {
  std::uint64_t cpu_ns = 0, memory = 0, read = 0, written = 0;
};

ProcessUsage usage_of_process(pid_t pid) {
  ProcessUsage usage;
  const auto stat = sys::process_stat(pid);
  if (!stat) return usage;
  std::uint64_t ticks = 0;
  for (std::size_t field = 14; field <= 17; ++field) ticks += stat->number(field);  // utime stime cutime cstime
  usage.cpu_ns = ticks * (1'000'000'000 / ticks_per_second());
  usage.memory = keyed(proc_file(pid, "smaps_rollup"), "Pss").value_or(0) * 1024;
  const std::string io = proc_file(pid, "io");
  usage.read = keyed(io, "read_bytes").value_or(0);
  usage.written = keyed(io, "write_bytes").value_or(0);
  return usage;
}

void add_processes(const std::vector<pid_t>& pids, Usage& usage) {
  for (const pid_t pid : pids) {
    const ProcessUsage one = usage_of_process(pid);
    usage.cpu_ns += one.cpu_ns;
    usage.memory += one.memory;
    usage.blocks_read += one.read;
    usage.blocks_written += one.written;
  }
  usage.processes = pids.size();
}

void add_network(const store::ContainerRecord& record, Usage& usage) {
  if (record.config.network.mode == "host") return;
  for (const auto& line : split(proc_file(record.state.pid, "net/dev"), '\n')) {
    const auto pair = cut(line, ':');
    if (!pair || trim(pair->first) == "lo") continue;
    std::istringstream words(pair->second);
    std::uint64_t value = 0;
    for (int column = 0; words >> value; ++column) {  // proc(5): bytes received is the first, bytes sent the ninth
      if (column == 0) usage.received += value;
      if (column == 8) usage.sent += value;
    }
  }
}

// ---- from the cgroup

// What the cgroup knows replaces what /proc told; a controller that is not switched on has no files.
void take_from_cgroup(const std::string& directory, Usage& usage) {
  if (const auto cpu = keyed(read_quietly(directory + "/cpu.stat"), "usage_usec")) usage.cpu_ns = *cpu * 1000;
  if (const auto memory = parse_uint(trim(read_quietly(directory + "/memory.current")))) {
    const auto idle = keyed(read_quietly(directory + "/memory.stat"), "inactive_file").value_or(0);
    usage.memory = *memory - std::min(*memory, idle);  // docker's rule: cache that can go at any time is not used
  }
  if (const auto limit = parse_uint(trim(read_quietly(directory + "/memory.max"))))
    usage.memory_limit = std::min(usage.memory_limit, *limit);
  if (const auto count = parse_uint(trim(read_quietly(directory + "/pids.current")))) usage.processes = *count;
  const std::string io = read_quietly(directory + "/io.stat");
  if (!io.empty()) usage.blocks_read = usage.blocks_written = 0;
  for (const auto& word : split(io, ' ')) {
    if (word.starts_with("rbytes=")) usage.blocks_read += parse_uint(word.substr(7)).value_or(0);
    if (word.starts_with("wbytes=")) usage.blocks_written += parse_uint(word.substr(7)).value_or(0);
  }
}

bool runs(const store::ContainerRecord& record) {
  return wire::has_process(record.state.status) && record.state.pid > 0;
}

std::string text_of(std::uint64_t bytes) { return size_text(static_cast<std::int64_t>(bytes)); }

// "1.508MiB": four significant digits and binary units, docker's form for memory.
std::string binary_size(std::uint64_t bytes) {
  constexpr std::string_view kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  return format("{:.4g}{}", value, kUnits[unit]);
}

std::string percent(double value) { return format("{:.2f}%", value); }

std::string pair_of(std::string_view left, std::string_view right) { return format("{} / {}", left, right); }

}  // namespace

std::vector<Usage> measure_usage(const std::vector<store::ContainerRecord>& records) {
  std::vector<Usage> out(records.size());
  const auto by_namespace = sys::processes_by_pid_namespace();
  const ino_t own_namespace = sys::process_namespace(::getpid(), "pid");
  for (std::size_t i = 0; i < records.size(); ++i) {
    Usage& usage = out[i];
    usage.at = std::chrono::steady_clock::now();
    if (!runs(records[i])) continue;
    usage.memory_limit = host_memory();
    const ino_t inode = sys::process_namespace(static_cast<pid_t>(records[i].state.pid), "pid");
    if (inode == own_namespace)
      add_processes(container_pids(records[i]), usage);
    else if (const auto found = by_namespace.find(inode); found != by_namespace.end())
      add_processes(found->second, usage);
    add_network(records[i], usage);
    if (const std::string cgroup = container_cgroup(records[i]); !cgroup.empty()) take_from_cgroup(cgroup, usage);
  }
  return out;
}

Json usage_row(const store::ContainerRecord& record, const Usage& before, const Usage& now, bool no_trunc) {
  const double elapsed = std::chrono::duration<double, std::nano>(now.at - before.at).count();
  const double share =
      elapsed > 0 && now.cpu_ns >= before.cpu_ns ? 100 * static_cast<double>(now.cpu_ns - before.cpu_ns) / elapsed : 0;
  const double memory_share =
      now.memory_limit > 0 ? 100 * static_cast<double>(now.memory) / static_cast<double>(now.memory_limit) : 0;
  const auto started = parse_rfc3339(record.state.started_at);
  const double up = runs(record) && started ? std::chrono::duration<double>(lichen::now() - *started).count() : 0;
  Json row;
  row["BlockIO"] = pair_of(text_of(now.blocks_read), text_of(now.blocks_written));
  row["CPUPerc"] = percent(share);
  row["Container"] = no_trunc ? record.config.id : short_id(record.config.id);
  row["ID"] = row["Container"];
  row["MemPerc"] = percent(memory_share);
  row["MemUsage"] = pair_of(binary_size(now.memory), binary_size(now.memory_limit));
  row["Name"] = record.config.name;
  row["NetIO"] = pair_of(text_of(now.received), text_of(now.sent));
  row["PIDs"] = std::to_string(now.processes);
  row["PIDS"] = row["PIDs"];
  row["AVGCPU"] = percent(up > 0 ? 100 * static_cast<double>(now.cpu_ns) / 1e9 / up : 0);
  row["AvgCPU"] = row["AVGCPU"];
  row["UpTime"] = format("{:.6f}s", up);
  row["MemUsageBytes"] = std::to_string(now.memory);
  row["MemLimit"] = std::to_string(now.memory_limit);
  return row;
}

}  // namespace lichen::engine
