// What the last health checks of a container said: containers/<id>/health.json, written by its monitor after each check
// and read by inspect. The state itself (starting, healthy, unhealthy) is in state.json, which changes only with it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libpod/base/json.hh"

namespace lichen::wire {

struct HealthResult {
  std::string start, end;      // RFC 3339
  std::int64_t exit_code = 0;  // -1: it ran out of time, or could not be executed
  std::string output;          // both streams, cut at kMaxHealthOutput
};

/// As docker: this many results are kept, and this much of each one's output.
inline constexpr std::size_t kKeptHealthResults = 5;
inline constexpr std::size_t kMaxHealthOutput = 4096;

struct HealthLog {
  std::int64_t failing_streak = 0;
  std::vector<HealthResult> results;  // the newest is the last
};

/// JSON text, made without the JSON library: the monitor's memory counts.
std::string health_log_text(const HealthLog& log);
/// @throws Error{invalid}
HealthLog health_log_from_json(const Json& json, std::string_view what);

}  // namespace lichen::wire
