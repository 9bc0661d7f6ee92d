// When a container's health is checked, and what the results mean: docker's rules (its daemon's health monitor, told in
// the Dockerfile reference under HEALTHCHECK). Pure; times are since the container's start.
//
// A check begins one interval after the last one ended. While the container is starting and within its start period,
// the start interval counts in place of the interval, and failures are not counted. One success makes it healthy;
// `retries` failures in a row make it unhealthy.
//
// podman's startup check (podman-run(1), --health-startup-cmd) comes before all that: until it has succeeded often
// enough in a row the container is starting and nothing else is checked; then the first check is due at once. Its
// failures count only towards the restart of the container, when a number of retries is given.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace lichen::conmon {

struct HealthPlan {
  std::chrono::milliseconds interval{30'000}, start_interval{5'000}, start_period{0};
  std::int64_t retries = 3;
  bool has_startup = false;
  struct Startup {
    std::chrono::milliseconds interval{30'000};
    std::int64_t retries = 0;  // 0: it is tried for ever
    std::int64_t successes = 1;
  } startup;
};

enum class HealthStatus { starting, healthy, unhealthy };
std::string_view to_string(HealthStatus status);

class HealthState {
 public:
  explicit HealthState(const HealthPlan& plan) : plan_(plan) {}

  /// The container has started (again).
  void begin();
  std::chrono::milliseconds until_next(std::chrono::milliseconds since_start) const;
  /// @param since_start  when the check began
  /// @return whether the status has changed
  bool take(std::int64_t exit_code, std::chrono::milliseconds since_start);

  bool in_startup() const { return in_startup_; }
  /// The startup check has failed as often in a row as is allowed.
  bool startup_failed() const {
    return in_startup_ && plan_.startup.retries > 0 && startup_failures_ >= plan_.startup.retries;
  }
  HealthStatus status() const { return status_; }
  std::int64_t failing_streak() const { return failing_streak_; }

 private:
  HealthPlan plan_;
  HealthStatus status_ = HealthStatus::starting;
  std::int64_t failing_streak_ = 0;
  bool in_startup_ = false, startup_over_ = false;  // over: just now, the first check has not run
  std::int64_t startup_failures_ = 0, startup_successes_ = 0;
};

}  // namespace lichen::conmon
