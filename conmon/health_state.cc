#include "conmon/health_state.hh"

#include <utility>

namespace lichen::conmon {

std::string_view to_string(HealthStatus status) {
  return status == HealthStatus::starting ? "starting" : status == HealthStatus::healthy ? "healthy" : "unhealthy";
}

void HealthState::begin() {
  status_ = HealthStatus::starting;
  failing_streak_ = startup_failures_ = startup_successes_ = 0;
  in_startup_ = plan_.has_startup;
  startup_over_ = false;
}

std::chrono::milliseconds HealthState::until_next(std::chrono::milliseconds since_start) const {
  if (in_startup_) return plan_.startup.interval;
  if (startup_over_) return std::chrono::milliseconds(0);
  const bool early = status_ == HealthStatus::starting && since_start < plan_.start_period;
  return early ? plan_.start_interval : plan_.interval;
}

bool HealthState::take(std::int64_t exit_code, std::chrono::milliseconds since_start) {
  if (in_startup_) {
    startup_failures_ = exit_code == 0 ? 0 : startup_failures_ + 1;
    startup_successes_ = exit_code == 0 ? startup_successes_ + 1 : 0;
    in_startup_ = startup_successes_ < plan_.startup.successes;
    startup_over_ = !in_startup_;
    return false;
  }
  startup_over_ = false;
  const HealthStatus before = status_;
  if (exit_code == 0) {
    failing_streak_ = 0;
    status_ = HealthStatus::healthy;
  } else if (status_ != HealthStatus::starting || since_start >= plan_.start_period) {
    if (++failing_streak_ >= plan_.retries) status_ = HealthStatus::unhealthy;
  }
  return status_ != before;
}

}  // namespace lichen::conmon
