// When a container's health is checked, and what the results mean: docker's rules (its daemon's health monitor, told in
// the Dockerfile reference under HEALTHCHECK). Pure; times are since the container's start.
//
// A check begins one interval after the last one ended. While the container is starting and within its start period,
// the start interval counts in place of the interval, and failures are not counted. One success makes it healthy;
// `retries` failures in a row make it unhealthy.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace lichen::conmon {

struct HealthPlan {
  std::chrono::milliseconds interval{30'000}, start_interval{5'000}, start_period{0};
  std::int64_t retries = 3;
};

enum class HealthStatus { starting, healthy, unhealthy };
std::string_view to_string(HealthStatus status);

class HealthState {
 public:
  explicit HealthState(const HealthPlan& plan) : plan_(plan) {}

  /// The container has started (again).
  void begin() { status_ = HealthStatus::starting, failing_streak_ = 0; }
  std::chrono::milliseconds until_next(std::chrono::milliseconds since_start) const;
  /// @param since_start  when the check began
  /// @return whether the status has changed
  bool take(std::int64_t exit_code, std::chrono::milliseconds since_start);

  HealthStatus status() const { return status_; }
  std::int64_t failing_streak() const { return failing_streak_; }

 private:
  HealthPlan plan_;
  HealthStatus status_ = HealthStatus::starting;
  std::int64_t failing_streak_ = 0;
};

}  // namespace lichen::conmon
