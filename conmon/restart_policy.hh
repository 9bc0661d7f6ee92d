// When a container that ended is started again, and after how long. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace lichen::conmon {

struct RestartPolicy {
  std::string name = "no";       // no, on-failure, always, unless-stopped
  std::int64_t max_retries = 0;  // of on-failure; 0 = no limit
};

/// "restart=on-failure:3", as the `update` message has it. @throws Error{usage}
RestartPolicy parse_restart_update(std::string_view text);

class RestartDecision {
 public:
  void set_policy(RestartPolicy policy) { policy_ = std::move(policy); }

  /// Docker's rules (daemon/internal/restartmanager): never after the user's stop; on-failure only for a code other
  /// than 0 and at most max_retries times in all.
  bool should_restart(int exit_code, bool stopped_by_user) const;

  /// Count a restart. @param ran_for  how long the container ran
  /// @return how long to wait: 100 ms, doubled each time up to a minute; anew after ten seconds of running
  std::chrono::milliseconds next_delay(std::chrono::milliseconds ran_for);

 private:
  RestartPolicy policy_;
  std::int64_t restarts_ = 0;
  std::chrono::milliseconds delay_{0};
};

}  // namespace lichen::conmon
