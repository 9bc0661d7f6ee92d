// The way out: a start that failed, a starter that died, a container that ended, restarts, removal.
#include "conmon/monitor.hh"
#include "conmon/record.hh"
#include "conmon/removal.hh"
#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/base/time.hh"
#include "libpod/sys/fs.hh"

#include <signal.h>
#include <unistd.h>

namespace lichen::conmon {
namespace {

// How long we wait for output of processes that outlive init (they share the host's pid namespace).
constexpr std::chrono::milliseconds kSurvivorGrace{200};
// How long a runtime may go on with what nobody waits for any more.
constexpr std::chrono::seconds kRuntimePatience{3};
// How long a client may take to read what was sent before we exit.
constexpr auto kGoodbye = wire::kSlowClient;

}  // namespace

// The container cannot be started. Before it was published nothing of it stays; a restart that fails is the container's
// end.
void Monitor::fail(const RuntimeFailure& failure) {
  if (phase_ == Phase::leaving) return;
  exit_code_ = 1;
  const bool restarting = running_since_ != Clock::time_point{};
  if (restarting) {
    state_.error = failure.text;
    state_.exit_code = failure.kind == "not_found_executable" ? 127 : failure.kind == "not_executable" ? 126 : 125;
    terminating_ = true;
    return finish_for_good();
  }
  failure_ = failure;
  abandon();
}

// Leave nothing behind: processes, the runtime's state, and (unpublished) directories, names, marker. The reason, when
// somebody is there to hear it, is told last: who hears it may rely on nothing being left.
void Monitor::abandon() {
  if (abandoned_) return;
  abandoned_ = true;
  phase_ = Phase::leaving;
  exit_code_ = 1;
  clients_.stop_listening();
  loop_.forget(start_watch_);
  const auto wipe = [this] {
    children_.kill_all();
    if (!published_) hidden_ = hide_container(config_);
    delete_files();
    if (failure_) clients_.send_all(wire::make_error(failure_->kind, failure_->text, failure_->hint));
    leave_when_flushed();
  };
  // A runtime at work is let finish, so that `delete` finds a whole state: not for ever, though. init lives until then,
  // since `start` of foreign runtimes would wait for a dead one.
  const auto deadline = Clock::now() + kRuntimePatience;
  const auto poll = [this, wipe, deadline](auto self) -> void {
    if (runtime_.busy() && Clock::now() < deadline) {
      leave_timer_ = loop_.after(std::chrono::milliseconds(2), [self] { self(self); });
      return;
    }
    if (runtime_.busy()) children_.kill_all();
    if (init_) sys::signal_pidfd(init_.get(), SIGKILL);
    remove_runtime_state(true, wipe);
  };
  poll(poll);
}

void Monitor::remove_runtime_state(bool force, const std::function<void()>& then) {
  std::vector<std::string> args;
  if (force) args.push_back("--force");
  args.push_back(config_.id);
  try {
    runtime_.call("delete", args, {}, [then](const std::optional<RuntimeFailure>&) { then(); });
  } catch (const Error&) {
    then();  // the runtime cannot be executed (any more)
  }
}

void Monitor::on_init_exit(sys::ExitStatus status) {
  end_ = status;
  init_.reset();
  if (phase_ == Phase::running) return end_container();
  if (phase_ == Phase::created && !abandoned_)
    fail({"system",
          format("start container '{}': its first process ended ({}) before it was started", config_.name,
                 status.signal != 0 ? format("signal {}", status.signal) : format("exit code {}", status.code)),
          ""});
  // starting: whoever waits for the start's answer goes on from here; leaving: nobody asks.
}

// init has ended and with it, in a pid namespace of its own, everything else: what the pipes hold is all that there
// will be.
void Monitor::end_container() {
  phase_ = Phase::ending;
  health_.end();
  loop_.cancel(stop_timer_);
  loop_.cancel(timeout_timer_);
  survivors_.kill_all();
  stdio_.drain();
  if (phase_ != Phase::ending) return;  // all output ended while draining
  if (stdio_.output_ended()) return finish_end();
  end_timer_ = loop_.after(kSurvivorGrace, [this] {
    stdio_.drain();
    if (phase_ == Phase::ending) finish_end();
  });
}

void Monitor::finish_end() {
  loop_.cancel(end_timer_);
  stdio_.close_all();
  log_->finish();
  if (journal_) journal_->finish();
  state_.exit_code = end_->code;
  state_.finished_at = to_rfc3339(now());
  look_for_oom();
  // Nobody looks after it any more: docker's word for that.
  if (health_.wanted()) state_.health = to_string(HealthStatus::unhealthy);
  state_.pid = 0;
  state_.pid_start = 0;
  phase_ = Phase::leaving;
  append_event(config_, "die", {{"exitCode", std::to_string(state_.exit_code)}});
  if (!terminating_ && restart_asked_) return restart_after(std::chrono::milliseconds(0));
  if (!terminating_ && restart_.should_restart(static_cast<int>(state_.exit_code), state_.stopped_by_user))
    return schedule_restart();
  finish_for_good();
}

// As docker: a process of it was killed, not only the first one; told when it happens.
void Monitor::look_for_oom() {
  char text[512];
  const ssize_t count = memory_events_ ? ::pread(memory_events_.get(), text, sizeof text, 0) : 0;
  if (count <= 0) return loop_.forget(memory_watch_);
  std::uint64_t kills = 0;
  for (const auto& line : split({text, static_cast<std::size_t>(count)}, '\n'))
    if (line.starts_with("oom_kill ")) kills = parse_uint(line.substr(9)).value_or(0);
  if (kills <= oom_kills_) return;
  oom_kills_ = kills;
  state_.oom_killed = true;
  append_event(config_, "oom");
  if (phase_ == Phase::running) write_state(config_, state_);
}

// An event only for a change: a check that says what the last one said is nobody's business.
void Monitor::health_changed(HealthStatus status) {
  if (status == HealthStatus::starting) return;  // on_started has written it
  state_.health = to_string(status);
  write_state(config_, state_);
  append_event(config_, format("health_status: {}", state_.health));
  if (status == HealthStatus::healthy) notify_.healthy();
  if (status != HealthStatus::unhealthy) return;
  if (config_.health_on_failure == "kill" && init_) sys::signal_pidfd(init_.get(), SIGKILL);
  if (config_.health_on_failure == "stop") stop(0, -1, true);
  if (config_.health_on_failure == "restart") restart_for_health();
}

void Monitor::restart_for_health() {
  restart_asked_ = true;
  ++state_.restart_count;
  stop(0, -1, false);
}

// podman's --timeout: the time counts anew after each restart.
void Monitor::limit_running_time() {
  if (config_.timeout_s <= 0) return;
  timeout_timer_ = loop_.after(std::chrono::seconds(config_.timeout_s), [this] {
    timeout_timer_ = 0;
    if (phase_ != Phase::running || !init_) return;
    sys::signal_pidfd(init_.get(), SIGKILL);
    resume_if_paused();
  });
}

void Monitor::schedule_restart() {
  const auto delay =
      restart_.next_delay(std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - running_since_));
  ++state_.restart_count;
  restart_after(delay);
}

void Monitor::restart_after(std::chrono::milliseconds delay) {
  phase_ = Phase::backing_off;
  state_.status = wire::ContainerStatus::restarting;
  write_state(config_, state_);
  const auto due = Clock::now() + delay;
  remove_runtime_state(true, [this, due] {
    if (phase_ != Phase::backing_off) return;  // stopped meanwhile
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(restart_asked_ ? Clock::duration(0) : due - Clock::now());
    stop_timer_ = loop_.after(std::max(left, std::chrono::milliseconds(0)), [this] {
      stop_timer_ = 0;
      create();
    });
  });
}

// No restart follows. Foreign runtimes may want their bundle for `delete`; ours keeps what it needs, so it comes after
// the answer.
void Monitor::finish_for_good() {
  phase_ = Phase::leaving;
  answer_restart(RuntimeFailure{
      "conflict",
      format("restart container '{}': {}", config_.name, state_.error.empty() ? "it was stopped" : state_.error), ""});
  loop_.cancel(stop_timer_);
  if (config_.runtime_is_ours) return say_goodbye();
  remove_runtime_state(true, [this] { say_goodbye(); });
}

void Monitor::say_goodbye() {
  clients_.stop_listening();
  sys::remove_file(config_.run_dir + "/ctl.sock");
  if (config_.auto_remove) {
    hidden_ = hide_container(config_);
    append_event(config_, "destroy");
  } else {
    state_.status = wire::ContainerStatus::exited;
    try {
      write_state(config_, state_);
    } catch (const Error&) {
      // The record still says running; with us gone readers take that for "exited, code unknown". The clients get the
      // code.
    }
  }
  clients_.send_all(exited_message());
  if (!config_.auto_remove) sync_state(config_);
  if (config_.runtime_is_ours) return remove_runtime_state(true, [this] { leave_when_flushed(); });
  leave_when_flushed();
}

void Monitor::leave_when_flushed() {
  const auto deadline = Clock::now() + kGoodbye;
  const auto poll = [this, deadline](auto self) -> void {
    if (!clients_.flushed() && Clock::now() < deadline) {
      leave_timer_ = loop_.after(std::chrono::milliseconds(5), [self] { self(self); });
      return;
    }
    delete_files();
    loop_.stop();
  };
  poll(poll);
}

void Monitor::delete_files() {
  if (!published_) {
    sys::remove_file(config_.marker_path);
    marker_.reset();
  }
  delete_hidden(config_, std::exchange(hidden_, {}));
  // Only what is removed loses the directory: in it lies the lock that a next start waits for.
  if (!published_ || (config_.auto_remove && !abandoned_)) return sys::remove_tree(config_.run_dir);
  // The OCI spec may hold values of secrets as variables: it does not outlive the container's process.
  for (const char* name : {"/monitor.pid", "/init.pid", "/ctl.sock", "/config.json", "/health-process.json",
                           "/startup-process.json", "/health.pid", "/devices.json"})
    sys::remove_file(config_.run_dir + name);
}

wire::Message Monitor::exited_message() const {
  const std::uint32_t flags =
      (state_.oom_killed ? wire::kExitedOom : 0u) | (config_.auto_remove ? wire::kExitedRemoved : 0u);
  return {.type = wire::MessageType::exited, .a = state_.exit_code, .b = flags, .text = {}};
}

}  // namespace lichen::conmon
