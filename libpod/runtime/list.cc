// `state`, `list` and `ps`: what is known, printed.
#include "libpod/runtime/commands.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/runtime/processes.hh"
#include "libpod/runtime/state_file.hh"
#include "libpod/sys/io.hh"

#include <unistd.h>

namespace lichen::runtime {
namespace {

void print(std::string_view text) { sys::write_all(STDOUT_FILENO, text, "standard output"); }

std::string list_line(const ContainerRecord& record, Status status) {
  return format("{:<20} {:<10} {:<10} {:<40} {:<32} {}\n", record.id, status == Status::stopped ? 0 : record.pid,
                to_string(status), record.bundle, record.created, record.owner);
}

}  // namespace

int state_command(const Options& options) {
  const ContainerRecord record = load_record(options.root, options.arguments[0]);
  print(dump_json_pretty(state_json(record, status_of(options.root, record))));
  return 0;
}

int list_command(const Options& options) {
  auto ids = list_ids(options.root);
  std::sort(ids.begin(), ids.end());
  Json all = Json::array();
  std::string text;
  for (const auto& id : ids) {
    try {
      const auto record = find_record(options.root, id);
      if (!record) continue;
      if (options.quiet) {
        text += id + "\n";
        continue;
      }
      const Status status = status_of(options.root, *record);
      all.push_back(state_json(*record, status));
      text += list_line(*record, status);
    } catch (const Error& error) {
      // One damaged record must not hide the others.
      log_text(LogLevel::warn, format("container '{}': {}", id, error.what()));
    }
  }
  if (options.quiet) {
    print(text);
  } else if (options.format == "json") {
    print(dump_json(all) + "\n");
  } else {
    print(format("{:<20} {:<10} {:<10} {:<40} {:<32} {}\n", "ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER") +
          text);
  }
  return 0;
}

int ps_command(const Options& options) {
  const ContainerRecord record = load_record(options.root, options.arguments[0]);
  const auto pids = container_processes(record);
  if (options.format == "json") {
    print(dump_json(Json(pids)) + "\n");
    return 0;
  }
  std::string text = "PID\n";
  for (const pid_t pid : pids) text += std::to_string(pid) + "\n";
  print(text);
  return 0;
}

}  // namespace lichen::runtime
