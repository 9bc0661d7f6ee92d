// pod logs, top and stats: what the containers of a pod write, run and use.
#include <chrono>
#include <thread>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/pod_list.hh"
#include "libpod/engine/stats.hh"
#include "libpod/engine/top.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/commands/pods.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/session.hh"

#include <unistd.h>

namespace lichen::cli {
namespace {

constexpr Column kStatsColumns[] = {
    {"AVGCPU", "AVG CPU %"},
    {"BlockIO", "BLOCK IO"},
    {"CID", "CID"},
    {"CPU", "CPU %"},
    {"Mem", "MEM %"},
    {"MemUsage", "MEM USAGE/ LIMIT"},
    {"MemUsageBytes", "MEM USAGE/ LIMIT"},
    {"Name", "NAME"},
    {"NetIO", "NET IO"},
    {"PIDS", "PIDS"},
    {"Pod", "POD"},
};
constexpr std::string_view kStats =
    "table "
    "{{.Pod}}\\t{{.CID}}\\t{{.Name}}\\t{{.CPU}}\\t{{.MemUsage}}\\t{{.Mem}}\\t{{.NetIO}}\\t{{.BlockIO}}\\t{{.PIDS}}";
constexpr std::chrono::milliseconds kFirstLook{250};
constexpr std::chrono::seconds kInterval{5};  // podman's
constexpr const char* kTopColumns = "user,pid,ppid,pcpu,etime,tty,time,args";

engine::Pod one_pod(engine::Engine& engine, const ParsedArgs& args, std::vector<std::string>& words) {
  words = args.positionals();
  if (args.get_bool("latest")) words.insert(words.begin(), newest_pod(engine));
  if (words.empty())
    throw Error(ErrorKind::usage, format("lichen {} needs a pod", args.command().path))
        .with_hint("name one, or use --latest");
  return engine::load_pod(engine, words[0]);
}

std::vector<store::ContainerRecord> stats_records(engine::Engine& engine, const ParsedArgs& args) {
  std::vector<engine::Pod> pods;
  auto words = args.positionals();
  if (args.get_bool("latest")) words.push_back(newest_pod(engine));
  for (const auto& name : words) pods.push_back(engine::load_pod(engine, name));
  if (words.empty()) pods = engine::list_pods(engine, {}, report_damaged("pod"));
  std::vector<store::ContainerRecord> records;
  for (const auto& pod : pods)
    for (const auto* member : pod.members())
      if (args.get_bool("all") || wire::has_process(member->state.status)) records.push_back(*member);
  return records;
}

std::string stats_table(const ParsedArgs& args, const std::vector<store::ContainerRecord>& records,
                        const std::vector<engine::Usage>& before, const std::vector<engine::Usage>& now) {
  std::vector<Json> rows;
  for (std::size_t i = 0; i < records.size(); ++i) {
    Json row = engine::usage_row(records[i], before[i], now[i], /*no_trunc=*/false);
    row["Pod"] = short_id(records[i].config.pod_id);
    row["CID"] = row["ID"];
    row["CPU"] = row["CPUPerc"];
    row["Mem"] = row["MemPerc"];
    rows.push_back(std::move(row));
  }
  const std::string format_text = args.get_string("format");
  return render_list(rows, {kStatsColumns, kStats}, format_text == "table" ? "" : format_text);
}

}  // namespace

int pod_logs_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  std::vector<std::string> words;
  const auto pod = one_pod(*engine, args, words);
  std::vector<std::string> names;
  for (const auto& wanted : args.get_list("container")) {
    const auto config = engine::find_container(*engine, wanted).config;
    if (config.pod_id != pod.config.id)
      throw_error(ErrorKind::usage, "container {} is not in pod {}", wanted, pod.config.name);
    names.push_back(config.name);
  }
  if (names.empty())
    for (const auto* member : pod.members()) names.push_back(member->config.name);
  return show_logs(*engine, args, names);
}

int pod_top_command(Context& context, const ParsedArgs& args) {
  if (args.get_bool("list-descriptors")) {
    for (const auto& name : engine::top_descriptors()) write_out(name + "\n");
    return kExitOk;
  }
  const auto engine = open_engine(context);
  std::vector<std::string> words;
  const auto pod = one_pod(*engine, args, words);
  std::vector<std::string> columns(words.begin() + 1, words.end());
  if (columns.empty()) columns = {kTopColumns};
  std::vector<std::string> ids;
  for (const auto* member : pod.members())
    if (wire::has_process(member->state.status)) ids.push_back(member->config.id);
  // One pid namespace: the holder is the first in it, so its processes are all.
  if (pod.config.shares("pid") && pod.holder() != nullptr && wire::has_process(pod.holder()->state.status))
    ids = {pod.config.holder_id};
  if (ids.empty())
    throw Error(ErrorKind::conflict, format("no container of pod {} runs", pod.config.name))
        .with_hint(format("start it: lichen pod start {}", pod.config.name));
  std::string lines;
  for (const auto& id : ids) {
    bool heading = true;
    for (const auto& row : engine::container_top(*engine, id, columns).rows) {
      if (heading && !lines.empty()) {
        heading = false;
        continue;
      }
      heading = false;
      lines += join(row, "\t") + "\n";
    }
  }
  write_out(align_columns(lines));
  return kExitOk;
}

int pod_stats_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const bool once = args.get_bool("no-stream");
  const bool redraws = !once && !args.get_bool("no-reset") && ::isatty(STDOUT_FILENO) == 1;
  engine->enter_userns();
  for (;;) {
    const auto records = stats_records(*engine, args);
    const auto before = engine::measure_usage(records);
    std::this_thread::sleep_for(kFirstLook);
    const std::string text = stats_table(args, records, before, engine::measure_usage(records));
    write_out(redraws ? "\x1b[H" + replace_all(text, "\n", "\x1b[K\n") + "\x1b[J" : text);
    if (once) return kExitOk;
    std::this_thread::sleep_for(kInterval);
  }
}

}  // namespace lichen::cli
