// Health checks of one container: a program that is executed in it now and then, by a timer of ours (no systemd
// needed).
//
// The program runs through the OCI runtime's `exec` with the process description that the engine has written into the
// run directory. Both its streams go to one pipe, of which only the beginning is kept. One that takes too long is
// killed by the pid that the runtime has told; what it has forked lives on in the container, as with docker. After each
// check health.json is written; the state and an event follow only when the status changes.
//
// Where there is a check for the startup (podman's), it alone is run until it succeeds.
#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "conmon/children.hh"
#include "conmon/health_state.hh"
#include "conmon/runtime.hh"
#include "libpod/sys/event_loop.hh"
#include "libpod/wire/health_log.hh"
#include "libpod/wire/monitor_args.hh"

namespace lichen::conmon {

class Health {
 public:
  struct Callbacks {
    std::function<bool()> may_run;                     // false while it is paused
    std::function<void(HealthStatus status)> changed;  // called when it began as well
    std::function<void()> startup_failed;              // as often as is allowed: the container is to be restarted
  };
  using Answer = std::function<void(const wire::HealthResult&)>;

  Health(const wire::MonitorConfig& config, sys::EventLoop& loop, Runtime& runtime, Callbacks callbacks);

  bool wanted() const { return !config_.health_process.empty(); }
  /// The container runs (again).
  void begin();
  /// The configuration is another one: what was known counts no more.
  void replan();
  /// It has ended: no further check; one under way is killed and its result dropped.
  void end();
  /// Check now, or take the result of the check that is under way. Not called when the container ends before.
  void run_now(Answer answer);
  HealthStatus status() const { return state_.status(); }

 private:
  using Clock = std::chrono::steady_clock;

  void schedule();
  void check();
  void read_output();
  void kill_check();
  void finish(std::int64_t exit_code, const std::string& problem);
  std::chrono::milliseconds since_start() const;

  const wire::MonitorConfig& config_;
  sys::EventLoop& loop_;
  Runtime& runtime_;
  Callbacks callbacks_;
  HealthState state_;
  wire::HealthLog log_;
  std::vector<Answer> answers_;
  Clock::time_point started_{};
  sys::EventLoop::TimerId next_ = 0, limit_ = 0;

  // The check under way; `round_` tells a late answer of the runtime from one that is waited for.
  bool checking_ = false, timed_out_ = false;
  std::int64_t timeout_ms_ = 0;
  std::uint64_t round_ = 0;
  pid_t runtime_pid_ = 0;
  std::chrono::milliseconds began_{0};
  wire::HealthResult result_;
  sys::UniqueFd output_;
  sys::EventLoop::WatchId output_watch_ = 0;
};

}  // namespace lichen::conmon
