// Health checks as the engine sees them: what the monitor is told at the start, what inspect shows, `healthcheck run`,
// and waiting for a state of health. The checks themselves are conmon/health's.
#pragma once

#include <string>

#include "libpod/engine/engine.hh"
#include "libpod/wire/monitor_args.hh"

namespace lichen::engine {

/// The program of a container's health check; empty when it has none (or NONE).
std::vector<std::string> health_command(const spec::ContainerConfig& config);
/// Likewise of the check that comes first.
std::vector<std::string> startup_command(const spec::ContainerConfig& config);

/// Fill the monitor's health fields, when there is a check.
void plan_health(const spec::ContainerConfig& config, const std::string& run_dir, wire::MonitorConfig& monitor);

/// docker's State.Health: Status, FailingStreak, Log. null when the container has no health check.
Json health_state_object(const Engine& engine, const store::ContainerRecord& record);

struct HealthCheckResult {
  std::int64_t exit_code = 0;
  std::string output;
};
/// Check now. @throws Error{conflict} it does not run; Error{usage} it has no health check
HealthCheckResult run_health_check(Engine& engine, const std::string& name_or_id);

}  // namespace lichen::engine
