#include "libpod/base/format.hh"
#include "libpod/wire/container_state.hh"
#include "libpod/wire/log_format.hh"

namespace lichen::wire {
namespace {

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  append_json_text(out, text);
  return out += '"';
}

}  // namespace

std::string state_text(const ContainerState& state) {
  std::string out = "{\n";
  const auto member = [&](std::string_view key, std::string_view value) {
    out += format("  \"{}\": {},\n", key, value);
  };
  const auto number = [&](std::string_view key, auto value) { member(key, std::to_string(value)); };
  const auto flag = [&](std::string_view key, bool value) { member(key, value ? "true" : "false"); };
  number("version", 1);
  member("status", json_quoted(to_string(state.status)));
  number("pid", state.pid);
  number("pidStart", state.pid_start);
  number("monitorPid", state.monitor_pid);
  number("exitCode", state.exit_code);
  flag("oomKilled", state.oom_killed);
  member("error", json_quoted(state.error));
  member("startedAt", json_quoted(state.started_at));
  member("finishedAt", json_quoted(state.finished_at));
  number("restartCount", state.restart_count);
  flag("stoppedByUser", state.stopped_by_user);
  member("health", json_quoted(state.health));
  member("bootId", json_quoted(state.boot_id));
  out += "  \"ports\": [";
  for (std::size_t i = 0; i < state.ports.size(); ++i) out += (i == 0 ? "" : ", ") + json_quoted(state.ports[i]);
  return out += "]\n}\n";
}

}  // namespace lichen::wire
