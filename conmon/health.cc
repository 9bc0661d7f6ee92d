#include "conmon/health.hh"

#include <utility>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/base/time.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace lichen::conmon {
namespace {

using std::chrono::milliseconds;

// How soon a check is tried again that was due while the container was paused.
constexpr milliseconds kWhilePaused{1000};

HealthPlan plan_of(const wire::MonitorConfig& config) {
  return {milliseconds(config.health_interval_ms),
          milliseconds(config.health_start_interval_ms),
          milliseconds(config.health_start_period_ms),
          config.health_retries,
          !config.startup_process.empty(),
          {milliseconds(config.startup_interval_ms), config.startup_retries, config.startup_successes}};
}

std::string pid_file(const wire::MonitorConfig& config) { return config.run_dir + "/health.pid"; }

}  // namespace

Health::Health(const wire::MonitorConfig& config, sys::EventLoop& loop, Runtime& runtime, Callbacks callbacks)
    : config_(config), loop_(loop), runtime_(runtime), callbacks_(std::move(callbacks)), state_(plan_of(config)) {}

milliseconds Health::since_start() const { return std::chrono::duration_cast<milliseconds>(Clock::now() - started_); }

void Health::begin() {
  if (!wanted()) return;
  started_ = Clock::now();
  state_.begin();
  log_ = {};
  callbacks_.changed(state_.status());
  schedule();
}

void Health::replan() {
  end();
  state_ = HealthState(plan_of(config_));
}

void Health::end() {
  loop_.cancel(next_);
  answers_.clear();
  if (!checking_) return;
  ++round_;
  kill_check();
  checking_ = false;
  loop_.cancel(limit_);
  loop_.forget(output_watch_);
  output_.reset();
}

void Health::schedule() {
  loop_.cancel(next_);
  const auto interval = state_.in_startup() ? config_.startup_interval_ms : config_.health_interval_ms;
  if (interval == 0) return;  // only when somebody asks
  next_ = loop_.after(state_.until_next(since_start()), [this] {
    next_ = 0;
    check();
  });
}

void Health::run_now(Answer answer) {
  answers_.push_back(std::move(answer));
  if (!checking_) check();
}

void Health::check() {
  loop_.cancel(next_);
  if (!callbacks_.may_run()) {
    next_ = loop_.after(kWhilePaused, [this] {
      next_ = 0;
      check();
    });
    return;
  }
  checking_ = true;
  timed_out_ = false;
  began_ = since_start();
  const std::string& process = state_.in_startup() ? config_.startup_process : config_.health_process;
  timeout_ms_ = state_.in_startup() ? config_.startup_timeout_ms : config_.health_timeout_ms;
  result_ = {to_rfc3339(now()), "", 0, ""};
  const std::uint64_t round = ++round_;
  sys::remove_file(pid_file(config_));
  try {
    sys::Pipe pipe = sys::make_pipe();
    const sys::UniqueFd null = sys::open_path("/dev/null", O_RDONLY);
    sys::set_nonblocking(pipe.read.get(), true);
    output_ = std::move(pipe.read);
    output_watch_ = loop_.watch(output_.get(), EPOLLIN, [this](std::uint32_t) { read_output(); });
    runtime_pid_ =
        runtime_.execute("exec", {"--process", process, "--pid-file", pid_file(config_), config_.id},
                         {{null.get(), 0}, {pipe.write.get(), 1}, {pipe.write.get(), 2}},
                         [this, round](const sys::ExitStatus& status, const std::optional<RuntimeFailure>& failure) {
                           if (round == round_) finish(status.code, failure ? failure->text : "");
                         });
    limit_ = loop_.after(milliseconds(timeout_ms_), [this] {
      limit_ = 0;
      timed_out_ = true;
      kill_check();
    });
  } catch (const Error& error) {
    finish(-1, error.what());
  }
}

void Health::read_output() {
  char buffer[4096];
  for (;;) {
    const ssize_t count = ::read(output_.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      if (count == 0) loop_.forget(output_watch_);
      return;
    }
    const std::size_t room = wire::kMaxHealthOutput - std::min(result_.output.size(), wire::kMaxHealthOutput);
    result_.output.append(buffer, std::min(room, static_cast<std::size_t>(count)));
    // docker's mark for what was cut.
    if (static_cast<std::size_t>(count) > room && !result_.output.ends_with("...")) result_.output += "...";
  }
}

void Health::kill_check() {
  const auto pid = parse_int(trim(sys::read_file_if_exists(pid_file(config_)).value_or("")));
  const auto process = sys::open_pidfd(pid ? static_cast<pid_t>(*pid) : runtime_pid_);
  if (process) sys::signal_pidfd(process->get(), SIGKILL);
}

// @param problem  why the program could not be executed; empty when it ran
void Health::finish(std::int64_t exit_code, const std::string& problem) {
  if (output_) read_output();
  loop_.forget(output_watch_);
  loop_.cancel(limit_);
  output_.reset();
  checking_ = false;
  result_.end = to_rfc3339(now());
  result_.exit_code = exit_code;
  if (timed_out_) {
    result_.exit_code = -1;
    result_.output = format("Health check exceeded timeout ({}ms)", timeout_ms_) +
                     (result_.output.empty() ? "" : ": " + result_.output);
  } else if (!problem.empty()) {
    result_.exit_code = -1;
    result_.output = problem;
  }
  const bool changed = state_.take(result_.exit_code, began_);
  log_.failing_streak = state_.failing_streak();
  log_.results.push_back(result_);
  if (log_.results.size() > wire::kKeptHealthResults) log_.results.erase(log_.results.begin());
  try {
    sys::write_file_atomic(config_.container_dir + "/health.json", wire::health_log_text(log_), 0600,
                           sys::Durability::none);
  } catch (const Error&) {
    // A full disk is no reason to call the container unhealthy: only the words of the check are lost.
  }
  for (const auto& answer : std::exchange(answers_, {})) answer(result_);
  schedule();
  if (changed) callbacks_.changed(state_.status());
  if (state_.startup_failed()) callbacks_.startup_failed();
}

}  // namespace lichen::conmon
