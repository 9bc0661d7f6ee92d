#include "compose/conditions.hh"

#include "libpod/base/error.hh"

namespace lichen::compose {
namespace {

using wire::ContainerStatus;

bool has_ended(const store::ContainerRecord& record) {
  return record.state.status == ContainerStatus::exited && !record.monitor_alive;
}

[[noreturn]] void throw_failed(const std::string& text, const std::string& container) {
  throw Error(ErrorKind::conflict, text).with_exit_code(1).with_hint(format("see why: lichen logs {}", container));
}

}  // namespace

void Conditions::show_waiting(const std::string& object) {
  if (waiting_.insert(object).second) view_.show(object, "Waiting");
}

void Conditions::show_done(const std::string& object, const std::string& did) {
  if (shown_.insert(object).second) view_.done(object, did);
}

bool Conditions::is_healthy(const store::ContainerRecord& record) {
  const std::string& name = record.config.name;
  if (record.state.status == ContainerStatus::created) return false;  // its start is under way
  // Before its health, as docker: who has ended is unhealthy as well.
  if (has_ended(record))
    throw_failed(format("dependency failed to start: container {} exited ({})", name, record.state.exit_code), name);
  if (record.state.status == ContainerStatus::exited) return false;  // its monitor is about to leave
  if (record.state.health.empty())
    throw Error(ErrorKind::usage,
                format("dependency failed to start: container {} has no healthcheck configured", name))
        .with_exit_code(1)
        .with_hint("give its service a `healthcheck`, or depend on service_started");
  if (record.state.health == "healthy") {
    show_done("Container " + name, "Healthy");
    return true;
  }
  if (record.state.health == "unhealthy")
    throw Error(ErrorKind::conflict, format("dependency failed to start: container {} is unhealthy", name))
        .with_exit_code(1)
        .with_hint(format("see what its check says: lichen inspect -f '{{{{json .State.Health}}}}' {}", name));
  show_waiting("Container " + name);
  return false;
}

bool Conditions::has_completed(const std::string& service, const store::ContainerRecord& record) {
  const std::string& name = record.config.name;
  if (record.state.status == ContainerStatus::created) return false;
  if (!has_ended(record)) {
    show_waiting("Container " + name);
    return false;
  }
  if (record.state.exit_code != 0)
    throw_failed(format("service \"{}\" didn't complete successfully: exit {}", service, record.state.exit_code), name);
  show_done("Container " + name, "Exited");
  return true;
}

bool Conditions::is_up(const store::ContainerRecord& record) {
  if (has_ended(record)) {
    if (record.state.exit_code == 0) return true;
    throw_failed(format("container {} exited ({})", record.config.name, record.state.exit_code), record.config.name);
  }
  return record.state.health.empty() ? record.state.status == ContainerStatus::running : is_healthy(record);
}

}  // namespace lichen::compose
