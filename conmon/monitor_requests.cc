// What clients ask for: attach, input, signals, stopping, exec, the root directory.
#include "conmon/monitor.hh"
#include "conmon/record.hh"
#include "conmon/removal.hh"
#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/init_signal.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/signals.hh"

#include <fcntl.h>
#include <signal.h>

namespace lichen::conmon {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{20};
constexpr int kUnclearLooks = 10;

using wire::Message;
using wire::MessageType;

}  // namespace

void Monitor::on_message(ClientId id, const Message& message) {
  switch (message.type) {
    case MessageType::attach:
      return on_attach(id, message);
    case MessageType::start:
      if (id != starter_ || start_asked_)
        return refuse(id, "conflict", "start: only once, by the command that made the container");
      start_asked_ = true;
      if (phase_ == Phase::created) start();
      return;
    case MessageType::stdin_data:
    case MessageType::stdin_eof:
      return on_input(id, message);
    case MessageType::resize:
      return stdio_.resize(message.a, message.b);
    case MessageType::stop:
      return stop(static_cast<int>(message.a), message.b, true);
    case MessageType::kill:
      return on_kill(id, static_cast<int>(message.a));
    case MessageType::wait:
      return;  // everybody who is connected gets `exited`
    case MessageType::remove:
      return on_remove(id, message);
    case MessageType::get_rootfs:
      return on_rootfs(id);
    case MessageType::exec:
      return on_exec(id, message.text, message.a == 1);
    case MessageType::detach:
      typists_.erase(id);
      return clients_.drop(id);
    case MessageType::update:
      return on_update(id, message.text);
    case MessageType::restart:
      return on_restart(id, static_cast<int>(message.a), message.b);
    case MessageType::check_health:
      return on_check_health(id);
    case MessageType::hold:
      if (id == starter_) clients_.touch(id);
      return;
    case MessageType::pause:
    case MessageType::unpause:
      return on_pause(id, message.type == MessageType::pause);
    default:
      return clients_.drop(id);
  }
}

void Monitor::refuse(ClientId id, std::string_view kind, std::string_view text, std::string_view hint) {
  clients_.send(id, wire::make_error(kind, text, hint));
}

void Monitor::on_gone(ClientId id) {
  const bool typed = typists_.erase(id) > 0;
  if (id == starter_) {
    starter_ = 0;
    // Who was to say `start` is gone: nobody else may, not even for a container that was there before.
    const bool waits_for_start = !start_asked_ && running_since_ == Clock::time_point{};
    if (!published_ || waits_for_start) {
      if (phase_ != Phase::leaving) abandon();
      return;
    }
  }
  if (typed) end_input_if_nobody_types();
}

void Monitor::on_attach(ClientId id, const Message& message) {
  if (passes_stdio() && message.a != 0)
    return refuse(id, "unsupported", format("attach to container {}: its streams are passed through", config_.name),
                  "it was started with --log-driver passthrough");
  const auto streams = static_cast<std::uint32_t>(message.a);
  clients_.set_streams(id, streams);
  if ((streams & wire::kAttachStdin) != 0) typists_.emplace(id, Typist{});
}

void Monitor::on_input(ClientId id, const Message& message) {
  const auto typist = typists_.find(id);
  if (typist == typists_.end()) return clients_.drop(id);
  if (message.type == MessageType::stdin_eof) {
    typist->second.ended = true;
    return end_input_if_nobody_types();
  }
  typist->second.under_way += message.text.size();
  if (typist->second.under_way > wire::kStdinWindow + wire::kMaxData) return clients_.drop(id);
  stdio_.write_input(id, message.text);
}

void Monitor::input_taken(ClientId id, std::size_t bytes, bool closed) {
  const auto typist = typists_.find(id);
  if (typist == typists_.end()) return;
  typist->second.under_way -= std::min(bytes, typist->second.under_way);
  clients_.send(
      id, {.type = MessageType::stdin_taken, .a = static_cast<std::int64_t>(bytes), .b = closed ? 1 : 0, .text = {}});
}

void Monitor::end_input_if_nobody_types() {
  for (const auto& [id, typist] : typists_)
    if (!typist.ended) return;
  stdio_.end_input();
}

void Monitor::on_kill(ClientId id, int signal) {
  if (signal < 1 || signal > SIGRTMAX) return refuse(id, "usage", format("kill: signal {} does not exist", signal));
  if (phase_ == Phase::backing_off) {
    stop(signal, 0, true);
    return clients_.send(id, {.type = MessageType::done});
  }
  if (phase_ != Phase::running || !init_)
    return refuse(id, "conflict", format("kill container '{}': it is not running", config_.name));
  // Before the signal: the container may be gone a moment later.
  if (signal == SIGKILL || signal == sys::parse_signal_name(config_.stop_signal).value_or(SIGTERM))
    state_.stopped_by_user = true;
  sys::signal_pidfd(init_.get(), signal);
  resume_if_paused();
  append_event(config_, "kill", {{"signal", std::to_string(signal)}});
  clients_.send(id, {.type = MessageType::done});
}

// Ends the container in two steps: the signal, and SIGKILL after the time. @param timeout_ms -1 = the container's own
void Monitor::stop(int signal, std::int64_t timeout_ms, bool by_user) {
  if (signal < 1 || signal > SIGRTMAX) signal = sys::parse_signal_name(config_.stop_signal).value_or(SIGTERM);
  if (timeout_ms < 0) timeout_ms = config_.stop_timeout_s * 1000;
  if (by_user) {
    state_.stopped_by_user = true;
    restart_asked_ = false;
  }
  switch (phase_) {
    case Phase::backing_off:
      append_event(config_, "stop");
      return finish_for_good();
    case Phase::creating:
    case Phase::created:
    case Phase::starting:
      stop_asked_ = {signal, timeout_ms, by_user};
      terminating_ = true;
      return;
    case Phase::running:
      break;
    case Phase::ending:
    case Phase::leaving:
      return;  // `exited` is on its way
  }
  append_event(config_, "stop", {{"signal", std::to_string(signal)}});
  if (!init_) return;
  sys::signal_pidfd(init_.get(), signal);
  resume_if_paused();
  watch_stop(signal, Clock::now() + std::chrono::milliseconds(std::min<std::int64_t>(timeout_ms, 1'000'000'000)), 0);
}

// Watches over a stop. The kernel drops a signal for which the init of a pid namespace has no handler
// (pid_namespaces(7)): waiting would be for nothing, so SIGKILL follows at once. A container that just began gets a
// second to install its handlers, and one that is always at work is looked at for a while.
void Monitor::watch_stop(int signal, Clock::time_point deadline, int unclear_looks) {
  loop_.cancel(stop_timer_);
  const auto now = Clock::now();
  const auto notice = sys::notices(static_cast<pid_t>(state_.pid), signal);
  unclear_looks = notice == sys::Notice::unclear ? unclear_looks + 1 : 0;
  const bool dropped = notice == sys::Notice::no || unclear_looks > kUnclearLooks;
  const bool is_young = now < running_since_ + std::chrono::seconds(1);
  if (now >= deadline || (dropped && !is_young)) {
    sys::signal_pidfd(init_.get(), SIGKILL);
    return;
  }
  auto delay = std::chrono::ceil<std::chrono::milliseconds>(deadline - now);
  if (notice != sys::Notice::yes) delay = std::min(delay, kBetweenLooks);
  stop_timer_ = loop_.after(delay, [this, signal, deadline, dropped, unclear_looks] {
    stop_timer_ = 0;
    if (phase_ != Phase::running || !init_) return;
    // It may have a handler by now.
    if (dropped && sys::notices(static_cast<pid_t>(state_.pid), signal) == sys::Notice::yes)
      sys::signal_pidfd(init_.get(), signal);
    watch_stop(signal, deadline, unclear_looks);
  });
}

void Monitor::on_remove(ClientId id, const Message& message) {
  if (phase_ == Phase::leaving)
    return refuse(id, "conflict", format("remove container '{}': it is ending", config_.name));
  config_.auto_remove = true;
  stop(message.a == 0 ? SIGKILL : static_cast<int>(message.a), message.a == 0 ? 0 : message.b, true);
}

void Monitor::on_rootfs(ClientId id) {
  try {
    sys::UniqueFd root = sys::open_path(rootfs_path(config_), O_PATH | O_DIRECTORY);
    clients_.send(id, {.type = MessageType::rootfs}, std::move(root));
  } catch (const Error& error) {
    refuse(id, to_string(error.kind()), error.what());
  }
}

void Monitor::on_exec(ClientId id, const std::string& process_file, bool tty) {
  if (phase_ != Phase::running)
    return refuse(id, "conflict", format("exec in container '{}': it is not running", config_.name));
  if (!is_below(clean_path(process_file), config_.run_dir))
    return refuse(id, "usage", format("exec '{}': must lie in the container's run directory", process_file));
  std::vector<std::string> args = {"--process", process_file, "--detach"};
  const std::string console = tty ? process_file + ".sock" : "";
  try {
    if (tty) {
      detached_terminals_.expect(console);
      args.insert(args.end(), {"--console-socket", console});
    }
    args.push_back(config_.id);
    runtime_.call("exec", args, {}, [this, id, console](const std::optional<RuntimeFailure>& failure) {
      if (failure) {
        detached_terminals_.give_up(console);
        return refuse(id, failure->kind, failure->text, failure->hint);
      }
      clients_.send(id, {.type = MessageType::done});
    });
  } catch (const Error& error) {
    detached_terminals_.give_up(console);
    refuse(id, to_string(error.kind()), error.what(), error.hint());
  }
}

void Monitor::on_check_health(ClientId id) {
  if (!health_.wanted())
    return refuse(id, "usage", format("container {} has no health check", config_.name),
                  "give it one: lichen run --health-cmd COMMAND ...");
  if (phase_ != Phase::running || is_paused())
    return refuse(id, "conflict", format("container {} is not running", config_.name));
  health_.run_now([this, id](const wire::HealthResult& result) {
    clients_.send(id, {.type = MessageType::health, .a = result.exit_code, .b = 0, .text = result.output});
  });
}

void Monitor::on_restart(ClientId id, int signal, std::int64_t timeout_ms) {
  if (phase_ != Phase::running && phase_ != Phase::ending && phase_ != Phase::backing_off)
    return refuse(id, "conflict", format("restart container '{}': it is not running", config_.name));
  restart_asked_ = true;
  restart_waiters_.push_back(id);
  if (phase_ == Phase::running) return stop(signal, timeout_ms, false);
  if (phase_ == Phase::backing_off && stop_timer_ != 0) {
    loop_.cancel(stop_timer_);
    stop_timer_ = 0;
    create();
  }
}

void Monitor::answer_restart(const std::optional<RuntimeFailure>& failure) {
  restart_asked_ = false;
  for (const ClientId id : std::exchange(restart_waiters_, {})) {
    if (failure)
      refuse(id, failure->kind, failure->text, failure->hint);
    else
      clients_.send(id, {.type = MessageType::done});
  }
}

void Monitor::on_pause(ClientId id, bool pause) {
  const char* verb = pause ? "pause" : "unpause";
  if (phase_ != Phase::running)
    return refuse(id, "conflict", format("{} container '{}': it is not running", verb, config_.name));
  if (is_paused() == pause)
    return refuse(id, "conflict", format("container {} is {}paused", config_.name, pause ? "already " : "not "));
  set_paused(pause, [this, id](const std::optional<RuntimeFailure>& failure) {
    if (failure) return refuse(id, failure->kind, failure->text, failure->hint);
    clients_.send(id, {.type = MessageType::done});
  });
}

void Monitor::set_paused(bool pause, std::function<void(const std::optional<RuntimeFailure>&)> then) {
  const auto done = [this, pause, then = std::move(then)](const std::optional<RuntimeFailure>& failure) {
    if (!failure && phase_ == Phase::running) {
      state_.status = pause ? wire::ContainerStatus::paused : wire::ContainerStatus::running;
      write_state(config_, state_);
      append_event(config_, pause ? "pause" : "unpause");
    }
    then(failure);
  };
  try {
    runtime_.call(pause ? "pause" : "resume", {config_.id}, {}, done);
  } catch (const Error& error) {
    done(RuntimeFailure{std::string(to_string(error.kind())), error.what(), error.hint()});
  }
}

// A signal for a paused container shows its effect when the container goes on (docker's rule for stop and kill).
void Monitor::resume_if_paused() {
  if (is_paused()) set_paused(false, [](const std::optional<RuntimeFailure>&) {});
}

void Monitor::take_name(std::string name) {
  for (auto& link : config_.remove_links)
    if (base_name(link) == config_.name) link = parent_path(link) + "/" + name;
  config_.name = std::move(name);
}

// Checking begins anew, as after a start: what is known belongs to another check.
void Monitor::take_health(std::string_view lines) {
  wire::apply_health_update(lines, config_);
  health_.replan();
  if (phase_ != Phase::running) return;
  state_.health = health_.wanted() ? to_string(HealthStatus::starting) : "";
  write_state(config_, state_);
  health_.begin();
}

void Monitor::on_update(ClientId id, const std::string& text) {
  try {
    if (text.starts_with("name="))
      take_name(text.substr(5));
    else if (text.starts_with("health\n"))
      take_health(std::string_view(text).substr(7));
    else
      restart_.set_policy(parse_restart_update(text));
    clients_.send(id, {.type = MessageType::done});
  } catch (const Error& error) {
    refuse(id, to_string(error.kind()), error.what());
  }
}

}  // namespace lichen::conmon
