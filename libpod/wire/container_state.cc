#include "libpod/wire/container_state.hh"

#include "libpod/base/enum_names.hh"

namespace lichen::wire {
namespace {

constexpr EnumName<ContainerStatus> kStatuses[] = {
    {ContainerStatus::created, "created"},   {ContainerStatus::running, "running"},
    {ContainerStatus::paused, "paused"},     {ContainerStatus::restarting, "restarting"},
    {ContainerStatus::removing, "removing"}, {ContainerStatus::exited, "exited"},
};

constexpr std::int64_t kVersion = 1;

}  // namespace

std::string_view to_string(ContainerStatus status) { return enum_name(kStatuses, status); }

bool has_process(ContainerStatus status) {
  return status == ContainerStatus::running || status == ContainerStatus::paused;
}

bool is_active(ContainerStatus status) { return has_process(status) || status == ContainerStatus::restarting; }

Json to_json(const ContainerState& state) {
  Json json;
  json["version"] = kVersion;
  json["status"] = to_string(state.status);
  json["pid"] = state.pid;
  json["pidStart"] = state.pid_start;
  json["monitorPid"] = state.monitor_pid;
  json["exitCode"] = state.exit_code;
  json["oomKilled"] = state.oom_killed;
  json["error"] = state.error;
  json["startedAt"] = state.started_at;
  json["finishedAt"] = state.finished_at;
  json["restartCount"] = state.restart_count;
  json["stoppedByUser"] = state.stopped_by_user;
  json["health"] = state.health;
  json["bootId"] = state.boot_id;
  json["ports"] = state.ports;
  return json;
}

ContainerState container_state_from_json(const Json& json, std::string_view what) {
  const JsonView in(json, std::string(what) + ":");
  if (const auto version = in.get_int("version"); version < 1 || version > kVersion)
    throw_error(ErrorKind::invalid, "{}: format version {} is not known to this lichen", what, version);
  ContainerState state;
  const auto status = enum_value(kStatuses, in.get_string("status"));
  if (!status) throw_error(ErrorKind::invalid, "{}: unknown status", what);
  state.status = *status;
  state.pid = in.get_int("pid");
  state.pid_start = static_cast<std::uint64_t>(in.get_int("pidStart"));
  state.monitor_pid = in.get_int("monitorPid");
  state.exit_code = in.get_int("exitCode");
  state.oom_killed = in.get_bool("oomKilled");
  state.error = in.get_string("error");
  state.started_at = in.get_string("startedAt");
  state.finished_at = in.get_string("finishedAt");
  state.restart_count = in.get_int("restartCount");
  state.stopped_by_user = in.get_bool("stoppedByUser");
  state.health = in.get_string("health");
  state.boot_id = in.get_string("bootId");
  state.ports = in.get_strings("ports");
  return state;
}

}  // namespace lichen::wire
