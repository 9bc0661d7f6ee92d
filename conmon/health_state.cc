#include "conmon/health_state.hh"

#include <utility>

namespace lichen::conmon {

std::string_view to_string(HealthStatus status) {
  return status == HealthStatus::starting ? "starting" : status == HealthStatus::healthy ? "healthy" : "unhealthy";
}

std::chrono::milliseconds HealthState::until_next(std::chrono::milliseconds since_start) const {
  const bool early = status_ == HealthStatus::starting && since_start < plan_.start_period;
  return early ? plan_.start_interval : plan_.interval;
}

bool HealthState::take(std::int64_t exit_code, std::chrono::milliseconds since_start) {
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
