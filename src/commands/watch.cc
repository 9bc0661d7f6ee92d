// top, stats, port: what running containers do at this moment.
#include <chrono>
#include <thread>

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/container_status.hh"
#include "libpod/engine/stats.hh"
#include "libpod/engine/top.hh"
#include "libpod/spec/ports.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/commands/one_container.hh"
#include "src/output.hh"
#include "src/session.hh"

#include <unistd.h>

namespace lichen::cli {
namespace {

constexpr Column kStatsColumns[] = {
    {"AVGCPU", "AVG CPU %"},
    {"AvgCPU", "AVG CPU %"},
    {"BlockIO", "BLOCK I/O"},
    {"CPUPerc", "CPU %"},
    {"Container", "CONTAINER"},
    {"ID", "CONTAINER ID"},
    {"MemLimit", "LIMIT"},
    {"MemPerc", "MEM %"},
    {"MemUsage", "MEM USAGE / LIMIT"},
    {"MemUsageBytes", "MEM USAGE"},
    {"Name", "NAME"},
    {"NetIO", "NET I/O"},
    {"PIDS", "PIDS"},
    {"PIDs", "PIDS"},
    {"UpTime", "CPU TIME"},
};
constexpr std::string_view kStats =
    "table {{.ID}}\\t{{.Name}}\\t{{.CPUPerc}}\\t{{.MemUsage}}\\t{{.MemPerc}}\\t{{.NetIO}}\\t{{.BlockIO}}\\t{{.PIDs}}";

// Long enough for a share of CPU that means something, short enough not to be waited for.
constexpr std::chrono::milliseconds kFirstLook{250};

bool runs(const store::ContainerRecord& record) { return wire::has_process(record.state.status); }

// The containers to show now: those named, or all that run (docker); one that is gone is left out of a stream.
std::vector<store::ContainerRecord> chosen_records(engine::Engine& engine, const ParsedArgs& args) {
  std::vector<store::ContainerRecord> records;
  const auto words = words_with_newest(engine, args);
  for (const auto& name : words) records.push_back(engine::find_container(engine, name));
  if (!words.empty()) return records;
  for (auto& record : engine::load_all_containers(engine, report_damaged("container")))
    if ((args.get_bool("all") || runs(record)) && !record.config.holder) records.push_back(std::move(record));
  return records;
}

std::string stats_table(const ParsedArgs& args, const std::vector<store::ContainerRecord>& records,
                        const std::vector<engine::Usage>& before, const std::vector<engine::Usage>& now) {
  std::vector<Json> rows;
  for (std::size_t i = 0; i < records.size(); ++i)
    rows.push_back(engine::usage_row(records[i], before[i], now[i], args.get_bool("no-trunc")));
  const std::string format_text = args.get_string("format");
  return render_list(rows, {kStatsColumns, kStats}, format_text == "table" ? "" : format_text);
}

}  // namespace

int show_stats(engine::Engine& engine, const ParsedArgs& args,
               const std::function<std::vector<store::ContainerRecord>()>& choose, bool fixed) {
  const auto knows = [&](const char* option) { return find_option(args.command(), option) != nullptr; };
  const bool once = args.get_bool("no-stream");
  const bool redraws = !once && !(knows("no-reset") && args.get_bool("no-reset")) && ::isatty(STDOUT_FILENO) == 1;
  const std::chrono::seconds interval(knows("interval") ? args.get_int("interval") : 1);
  if (interval.count() < 1) throw_error(ErrorKind::usage, "stats --interval is at least one second");
  auto records = choose();
  engine.enter_userns();
  auto before = engine::measure_usage(records);
  std::this_thread::sleep_for(kFirstLook);
  for (;;) {
    const auto now = engine::measure_usage(records);
    const std::string text = stats_table(args, records, before, now);
    // Home, the new text with the rest of each old line wiped, then the rest of the screen: no flicker.
    if (redraws)
      write_out("\x1b[H" + replace_all(text, "\n", "\x1b[K\n") + "\x1b[J");
    else
      write_out(text);
    if (once) return 0;
    std::this_thread::sleep_for(interval);
    if (fixed) {
      before = now;
      continue;
    }
    records = choose();  // containers come and go
    before = engine::measure_usage(records);
    std::this_thread::sleep_for(kFirstLook);
  }
}

int stats_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  return show_stats(
      *engine, args, [&] { return chosen_records(*engine, args); },
      !args.positionals().empty() || args.get_bool("latest"));
}

int top_command(Context& context, const ParsedArgs& args) {
  if (args.get_bool("list-descriptors")) {
    std::string text;
    for (const auto& name : engine::top_descriptors()) text += name + "\n";
    write_out(text);
    return 0;
  }
  const auto engine = open_engine(context);
  const auto words = words_with_newest(*engine, args);
  if (words.empty()) throw_error(ErrorKind::usage, "lichen top needs a container");
  std::string lines;
  for (const auto& row : engine::container_top(*engine, words[0], {words.begin() + 1, words.end()}).rows) {
    for (std::size_t i = 0; i < row.size(); ++i) lines += (i > 0 ? "\t" : "") + row[i];
    lines += "\n";
  }
  write_out(align_columns(lines));
  return 0;
}

// "80/tcp -> 0.0.0.0:8080", or with a port the addresses alone: docker's lines.
int port_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto words = words_with_newest(*engine, args);
  if (words.empty() && !args.get_bool("all")) throw_error(ErrorKind::usage, "lichen port needs a container, or --all");
  std::vector<store::ContainerRecord> records;
  if (args.get_bool("all"))
    records = engine::load_all_containers(*engine, report_damaged("container"));
  else
    records.push_back(engine::find_container(*engine, words[0]));
  std::string wanted = words.size() > 1 ? words[1] : "";
  if (!wanted.empty() && wanted.find('/') == std::string::npos) wanted += "/tcp";
  std::string text;
  for (const auto& record : records)
    for (const auto& port : engine::ports_in_use(record.config, record.state)) {
      if (port.host_port == 0) continue;  // exposed only
      const std::string inside = format("{}/{}", port.container_port, port.protocol);
      if (!wanted.empty() && inside != wanted) continue;
      const std::string host = port.host_ip.find(':') == std::string::npos ? port.host_ip : "[" + port.host_ip + "]";
      if (args.get_bool("all")) text += record.config.id.substr(0, 12) + "\t";
      if (wanted.empty()) text += inside + " -> ";
      text += format("{}:{}\n", host, port.host_port);
    }
  if (!wanted.empty() && text.empty())
    throw Error(ErrorKind::not_found, format("no public port '{}' published for {}", wanted, words[0]))
        .with_exit_code(1);
  write_out(text);
  return 0;
}

}  // namespace lichen::cli
