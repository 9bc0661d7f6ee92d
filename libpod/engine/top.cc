#include "libpod/engine/top.hh"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/container_processes.hh"
#include "libpod/engine/host_facts.hh"
#include "libpod/spec/userns_maps.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <time.h>

namespace lichen::engine {
namespace {

// What all rows of one table share.
struct Table {
  spec::IdMap uids, gids;                      // of the container
  std::map<std::uint32_t, std::string> names;  // of the container's /etc/passwd
  std::map<pid_t, pid_t> inside;               // pid as we see it to that of the container
  double now = 0;                              // seconds since boot
};

using Cell = std::function<std::string(const ProcessFacts&, const Table&)>;

double running_seconds(const ProcessFacts& process, const Table& table) {
  return std::max(0.0,
                  table.now - static_cast<double>(process.started_ticks) / static_cast<double>(ticks_per_second()));
}

double cpu_seconds(const ProcessFacts& process) {
  return static_cast<double>(process.cpu_ticks) / static_cast<double>(ticks_per_second());
}

std::string user_name(const ProcessFacts& process, const Table& table) {
  const std::uint32_t uid = spec::to_container_id(table.uids, process.uid);
  const auto name = table.names.find(uid);
  return name == table.names.end() ? std::to_string(uid) : name->second;
}

// "00:00:07", "1-02:03:04": ps(1).
std::string clock_text(double seconds) {
  const auto total = static_cast<std::int64_t>(seconds);
  const std::int64_t days = total / 86400;
  const std::string clock = format("{:02}:{:02}:{:02}", total / 3600 % 24, total / 60 % 60, total % 60);
  return days > 0 ? format("{}-{}", days, clock) : clock;
}

// "14:05", or "Nov20" for another day.
std::string start_text(const ProcessFacts& process, const Table& table) {
  const std::time_t at = ::time(nullptr) - static_cast<std::time_t>(running_seconds(process, table));
  std::tm local{};
  ::localtime_r(&at, &local);
  char text[16];
  std::strftime(text, sizeof text, running_seconds(process, table) < 86400 ? "%H:%M" : "%b%d", &local);
  return text;
}

std::string tty_text(const ProcessFacts& process, const Table&) {
  if (process.tty == 0) return "?";
  const auto device = static_cast<dev_t>(process.tty);
  return ::major(device) >= 136 && ::major(device) <= 143 ? format("pts/{}", ::minor(device)) : "tty";
}

double cpu_percent(const ProcessFacts& process, const Table& table) {
  const double ran = running_seconds(process, table);
  return ran > 0 ? 100 * cpu_seconds(process) / ran : 0;
}

pid_t parent_inside(const ProcessFacts& process, const Table& table) {
  const auto parent = table.inside.find(process.parent);
  return parent == table.inside.end() ? 0 : parent->second;
}

struct Descriptor {
  std::string_view name, heading;
  Cell cell;
};

const std::vector<Descriptor>& descriptors() {
  static const std::vector<Descriptor> kAll = {
      {"args", "COMMAND", [](const auto& p, const auto&) { return p.command; }},
      {"comm", "COMMAND", [](const auto& p, const auto&) { return p.name; }},
      {"etime", "ELAPSED", [](const auto& p, const auto& t) { return clock_text(running_seconds(p, t)); }},
      {"group", "GROUP",
       [](const auto& p, const auto& t) { return std::to_string(spec::to_container_id(t.gids, p.gid)); }},
      {"hpid", "HPID", [](const auto& p, const auto&) { return std::to_string(p.pid); }},
      {"huser", "HUSER", [](const auto& p, const auto&) { return std::to_string(p.uid); }},
      {"nice", "NI", [](const auto& p, const auto&) { return std::to_string(p.nice); }},
      {"pcpu", "%CPU", [](const auto& p, const auto& t) { return format("{:.3f}", cpu_percent(p, t)); }},
      {"pid", "PID", [](const auto& p, const auto&) { return std::to_string(p.pid_inside); }},
      {"ppid", "PPID", [](const auto& p, const auto& t) { return std::to_string(parent_inside(p, t)); }},
      {"rss", "RSS", [](const auto& p, const auto&) { return std::to_string(p.resident_bytes / 1024); }},
      {"state", "STATE", [](const auto& p, const auto&) { return std::string(1, p.state); }},
      {"stime", "STIME", start_text},
      {"time", "TIME", [](const auto& p, const auto&) { return clock_text(cpu_seconds(p)); }},
      {"tty", "TTY", tty_text},
      {"user", "USER", user_name},
      {"vsz", "VSZ", [](const auto& p, const auto&) { return std::to_string(p.virtual_bytes / 1024); }},
  };
  return kAll;
}

const Descriptor* find_descriptor(std::string_view name) {
  for (const auto& one : descriptors())
    if (one.name == name) return &one;
  return nullptr;
}

// Docker's `ps -ef`: pids as the host has them.
std::vector<Descriptor> full_format() {
  return {{"user", "UID", user_name},
          {"hpid", "PID", find_descriptor("hpid")->cell},
          {"ppid", "PPID", [](const auto& p, const auto&) { return std::to_string(p.parent); }},
          {"c", "C", [](const auto& p, const auto& t) { return format("{:.0f}", std::floor(cpu_percent(p, t))); }},
          {"stime", "STIME", start_text},
          {"tty", "TTY", tty_text},
          {"time", "TIME", find_descriptor("time")->cell},
          {"args", "CMD", find_descriptor("args")->cell}};
}

// nullopt when a word is not podman's.
std::optional<std::vector<Descriptor>> chosen_descriptors(const std::vector<std::string>& words) {
  std::vector<Descriptor> chosen;
  for (const auto& word : words)
    for (const auto& name : split(word, ',')) {
      const Descriptor* one = find_descriptor(name);
      if (one == nullptr) return std::nullopt;
      chosen.push_back(*one);
    }
  return chosen;
}

TopTable native_table(const store::ContainerRecord& record, const std::vector<Descriptor>& columns) {
  const auto init = static_cast<pid_t>(record.state.pid);
  Table shared{id_map_of_process(init, "uid_map"), id_map_of_process(init, "gid_map"), {}, {}, seconds_since_boot()};
  const sys::UniqueFd root = sys::open_path(format("/proc/{}/root", init), O_PATH | O_DIRECTORY);
  for (const auto& line : split(passwd_text(root.get()), '\n')) {
    const auto fields = split(line, ':');
    if (fields.size() > 2)
      if (const auto uid = parse_uint(fields[2])) shared.names.emplace(static_cast<std::uint32_t>(*uid), fields[0]);
  }
  const auto processes = container_processes(record);
  for (const auto& process : processes) shared.inside[process.pid] = process.pid_inside;
  TopTable table;
  auto& head = table.rows.emplace_back();
  for (const auto& column : columns) head.emplace_back(column.heading);
  for (const auto& process : processes) {
    auto& row = table.rows.emplace_back();
    for (const auto& column : columns) row.push_back(column.cell(process, shared));
  }
  return table;
}

// Cells of a line of ps: blanks divide them, the last one keeps its own.
std::vector<std::string> cells_of(const std::string& line, std::size_t columns) {
  std::vector<std::string> cells;
  std::size_t at = 0;
  while (cells.size() + 1 < columns) {
    const auto begin = line.find_first_not_of(' ', at);
    if (begin == std::string::npos) break;
    at = std::min(line.find(' ', begin), line.size());
    cells.push_back(line.substr(begin, at - begin));
  }
  const auto begin = line.find_first_not_of(' ', at);
  if (begin != std::string::npos) cells.push_back(line.substr(begin));
  return cells;
}

// The host's own ps, from a fixed place: nothing of the container is executed.
TopTable table_of_ps(const store::ContainerRecord& record, const std::vector<std::string>& words) {
  constexpr const char* kPs = "/usr/bin/ps";
  if (!sys::exists(kPs))
    throw Error(ErrorKind::unsupported, format("top {}: there is no {} here", join(words, " "), kPs))
        .with_hint(format("install procps, or choose columns from: {}", join(top_descriptors(), " ")));
  std::vector<std::string> argv = {kPs};
  argv.insert(argv.end(), words.begin(), words.end());
  const auto result = sys::run_program(argv);
  if (result.status.code != 0)
    throw Error(ErrorKind::usage, format("top {}: ps says: {}", join(words, " "), split(trim(result.err), '\n')[0]))
        .with_hint(format("options of ps(1), or columns from: {}", join(top_descriptors(), " ")));
  const auto lines = split(result.out, '\n');
  const auto head = cells_of(lines[0], SIZE_MAX);
  const auto pid_at = std::find(head.begin(), head.end(), "PID");
  if (pid_at == head.end())
    throw Error(ErrorKind::usage, format("top {}: ps prints no PID column", join(words, " "))).with_hint("add -o pid");
  const auto column = static_cast<std::size_t>(pid_at - head.begin());
  const auto pids = container_pids(record);
  const std::set<pid_t> ours(pids.begin(), pids.end());
  TopTable table{{head}};
  for (std::size_t i = 1; i < lines.size(); ++i) {
    auto cells = cells_of(lines[i], head.size());
    if (cells.size() <= column) continue;
    const auto pid = parse_uint(cells[column]);
    if (pid && ours.contains(static_cast<pid_t>(*pid))) table.rows.push_back(std::move(cells));
  }
  return table;
}

}  // namespace

TopTable container_top(Engine& engine, const std::string& name_or_id, const std::vector<std::string>& words) {
  const auto record = find_container(engine, name_or_id);
  if (!wire::has_process(record.state.status))
    throw Error(ErrorKind::conflict, format("container {} is not running", record.config.name))
        .with_hint(format("start it: lichen start {}", record.config.name));
  engine.enter_userns();
  if (words.empty() || (words.size() == 1 && words[0] == "-ef")) return native_table(record, full_format());
  if (const auto chosen = chosen_descriptors(words)) return native_table(record, *chosen);
  return table_of_ps(record, words);
}

std::vector<std::string> top_descriptors() {
  std::vector<std::string> names;
  for (const auto& one : descriptors()) names.emplace_back(one.name);
  return names;
}

}  // namespace lichen::engine
