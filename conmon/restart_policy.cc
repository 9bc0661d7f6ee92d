#include "conmon/restart_policy.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"

namespace lichen::conmon {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kFirstDelay{100};
constexpr milliseconds kLongestDelay{60'000};
constexpr milliseconds kForgiven{10'000};

}  // namespace

RestartPolicy parse_restart_update(std::string_view text) {
  const auto assignment = cut(text, '=');
  if (!assignment || assignment->first != "restart")
    throw_error(ErrorKind::usage, "update '{}': only restart can be changed", text);
  RestartPolicy policy{assignment->second, 0};
  if (const auto limited = cut(assignment->second, ':')) {
    const auto retries = parse_uint(limited->second);
    if (limited->first != "on-failure" || !retries || *retries > 1'000'000)
      throw_error(ErrorKind::usage, "restart policy '{}': only on-failure takes a number", assignment->second);
    policy = {limited->first, static_cast<std::int64_t>(*retries)};
  }
  for (const std::string_view known : {"no", "on-failure", "always", "unless-stopped"})
    if (policy.name == known) return policy;
  throw_error(ErrorKind::usage, "restart policy '{}': must be no, on-failure[:n], always or unless-stopped",
              policy.name);
}

bool RestartDecision::should_restart(int exit_code, bool stopped_by_user) const {
  if (stopped_by_user) return false;
  if (policy_.name == "always" || policy_.name == "unless-stopped") return true;
  if (policy_.name != "on-failure" || exit_code == 0) return false;
  return policy_.max_retries == 0 || restarts_ < policy_.max_retries;
}

milliseconds RestartDecision::next_delay(milliseconds ran_for) {
  if (ran_for >= kForgiven) delay_ = milliseconds(0);
  ++restarts_;
  delay_ = delay_ == milliseconds(0) ? kFirstDelay : std::min(delay_ * 2, kLongestDelay);
  return delay_;
}

}  // namespace lichen::conmon
