// The monitor of one container: its whole life as a small state machine on one event loop.
//
//   creating --> created --> starting --> running --> ending --> (restart: backing_off --> creating) or leaving -->
//   exit
//
// Two rules hold it together. Until `published_` the container belongs to the starter: its death, like any failure,
// leads to abandon(), which leaves nothing behind. From then on the container belongs to itself: only its own end (or
// remove) ends us. And answers go out before slow work: clients are told as soon as the record is true, deletion and
// syncing come after. Files: monitor.cc the way to running, monitor_end.cc the way from there, monitor_requests.cc what
// clients ask for.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "conmon/children.hh"
#include "conmon/clients.hh"
#include "conmon/detached_terminals.hh"
#include "conmon/health.hh"
#include "conmon/journal_writer.hh"
#include "conmon/log_writer.hh"
#include "conmon/notify.hh"
#include "conmon/restart_policy.hh"
#include "conmon/runtime.hh"
#include "conmon/stdio.hh"
#include "conmon/survivors.hh"
#include "libpod/sys/event_loop.hh"
#include "libpod/sys/process.hh"
#include "libpod/sys/unique_fd.hh"
#include "libpod/wire/container_state.hh"
#include "libpod/wire/monitor_args.hh"
#include "libpod/wire/monitor_protocol.hh"

namespace lichen::conmon {

class Monitor {
 public:
  /// Takes over the descriptors that `config` names.
  explicit Monitor(wire::MonitorConfig config);

  /// Until the container is gone. @return the exit code of lichen-conmon: 0 the container ran, 1 it could not be
  /// started
  int run();

 private:
  enum class Phase { creating, created, starting, running, ending, backing_off, leaving };
  using Clock = std::chrono::steady_clock;

  // monitor.cc
  void prepare();
  void create();
  void on_created();
  void open_log();
  void log(wire::LogStream stream, std::string_view data);
  std::vector<std::pair<int, int>> child_fds() const;
  bool passes_stdio() const { return !passed_stdio_.empty(); }
  void listen_console(std::vector<std::string>& args);
  void receive_console(sys::UniqueFd connection);
  void watch_memory_events();
  void watch_helpers();
  void helper_ended(sys::ExitStatus status);
  void start();
  void start_through_socket();
  void on_started();
  void trouble(const std::exception& error);

  // monitor_end.cc
  void fail(const RuntimeFailure& failure);
  void abandon();
  void remove_runtime_state(bool force, const std::function<void()>& then);
  void on_init_exit(sys::ExitStatus status);
  void end_container();
  void finish_end();
  void schedule_restart();
  void restart_after(std::chrono::milliseconds delay);
  void finish_for_good();
  void say_goodbye();
  void leave_when_flushed();
  void delete_files();
  void look_for_oom();
  void health_changed(HealthStatus status);
  void restart_for_health();
  void limit_running_time();

  // monitor_requests.cc
  void on_message(ClientId id, const wire::Message& message);
  void on_gone(ClientId id);
  void on_attach(ClientId id, const wire::Message& message);
  void on_input(ClientId id, const wire::Message& message);
  void on_kill(ClientId id, int signal);
  void on_remove(ClientId id, const wire::Message& message);
  void on_exec(ClientId id, const std::string& process_file, bool tty);
  void on_rootfs(ClientId id);
  void on_check_health(ClientId id);
  void on_update(ClientId id, const std::string& text);
  void on_restart(ClientId id, int signal, std::int64_t timeout_ms);
  void answer_restart(const std::optional<RuntimeFailure>& failure);
  void take_name(std::string name);
  void take_health(std::string_view lines);
  void on_pause(ClientId id, bool pause);
  void set_paused(bool pause, std::function<void(const std::optional<RuntimeFailure>&)> then);
  void resume_if_paused();
  bool is_paused() const { return state_.status == wire::ContainerStatus::paused; }
  void stop(int signal, std::int64_t timeout_ms, bool by_user);
  void watch_stop(int signal, Clock::time_point deadline, int unclear_looks);
  void input_taken(ClientId id, std::size_t bytes, bool closed);
  void end_input_if_nobody_types();
  void refuse(ClientId id, std::string_view kind, std::string_view text, std::string_view hint = {});
  wire::Message exited_message() const;

  wire::MonitorConfig config_;
  sys::EventLoop loop_;
  Children children_;
  Runtime runtime_;
  Clients clients_;
  Stdio stdio_;
  Health health_;
  DetachedTerminals detached_terminals_{loop_};
  Notify notify_;
  std::optional<LogWriter> log_;
  std::optional<JournalWriter> journal_;
  sys::UniqueFd lock_, marker_, last_one_;
  std::vector<sys::UniqueFd> kept_, listening_, passed_stdio_;

  Phase phase_ = Phase::creating;
  bool published_ = false;
  bool abandoned_ = false;    // nobody waits for it: leave nothing behind
  bool terminating_ = false;  // SIGTERM: no restart
  bool start_asked_ = false;
  bool restart_asked_ = false;  // by a client: no matter what the policy says
  std::vector<ClientId> restart_waiters_;
  ClientId starter_ = 0;
  int exit_code_ = 0;
  std::optional<RuntimeFailure> failure_;

  wire::ContainerState state_;
  sys::UniqueFd init_;  // pidfd
  Survivors survivors_;
  sys::UniqueFd memory_events_;
  std::uint64_t oom_kills_ = 0;  // that were told
  std::optional<sys::ExitStatus> end_;
  Clock::time_point running_since_{};
  RestartDecision restart_;

  struct Typist {
    std::size_t under_way = 0;  // bytes not yet acknowledged
    bool ended = false;
  };
  std::map<ClientId, Typist> typists_;
  struct StopAsked {
    int signal;
    std::int64_t timeout_ms;
    bool by_user;
  };
  std::optional<StopAsked> stop_asked_;  // before it runs (restarts)

  sys::UniqueFd console_listener_, console_, start_socket_;
  sys::EventLoop::WatchId console_watch_ = 0, start_watch_ = 0, memory_watch_ = 0;
  sys::EventLoop::TimerId stop_timer_ = 0, timeout_timer_ = 0, end_timer_ = 0, leave_timer_ = 0;
  std::vector<std::string> hidden_;
};

}  // namespace lichen::conmon
