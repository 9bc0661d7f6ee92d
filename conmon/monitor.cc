#include "conmon/monitor.hh"

#include <utility>

#include "conmon/footprint.hh"
#include "conmon/last_one.hh"
#include "conmon/record.hh"
#include "conmon/removal.hh"
#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/base/time.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/resolve.hh"
#include "libpod/sys/signals.hh"
#include "libpod/sys/socket.hh"
#include "libpod/wire/runtime_cli.hh"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lichen::conmon {
namespace {

constexpr std::chrono::milliseconds kIdle{500};

sys::UniqueFd take_fd(int fd) {
  if (fd >= 0) sys::set_cloexec(fd, true);
  return sys::UniqueFd(fd);
}

Clients::Callbacks client_callbacks(auto message, auto gone, auto pressure) { return {message, gone, pressure}; }

}  // namespace

Monitor::Monitor(wire::MonitorConfig config)
    : config_(std::move(config)),
      runtime_(config_, children_),
      clients_(loop_, client_callbacks([this](ClientId id, const wire::Message& message) { on_message(id, message); },
                                       [this](ClientId id) { on_gone(id); },
                                       [this](bool stop_reading) { stdio_.pause_output(stop_reading); })),
      stdio_(loop_, {[this](wire::LogStream stream, std::string_view data) {
                       log(stream, data);
                       clients_.broadcast(stream, data);
                     },
                     [this](ClientId id, std::size_t bytes, bool closed) { input_taken(id, bytes, closed); },
                     [this] {
                       if (phase_ == Phase::ending) finish_end();
                     }}),
      health_(config_, loop_, runtime_,
              {[this] { return phase_ == Phase::running && !is_paused(); },
               [this](HealthStatus status) { health_changed(status); }, [this] { restart_for_health(); }}),
      notify_(config_, loop_, take_fd(config_.notify_fd)),
      lock_(take_fd(config_.lock_fd)),
      marker_(take_fd(config_.marker_fd)),
      last_one_(take_fd(config_.last_one_fd)) {
  for (const int fd : config_.keep_fds) kept_.push_back(take_fd(fd));
  for (const int fd : config_.listen_fds) listening_.push_back(take_fd(fd));
  for (const int fd : config_.stdio_fds) passed_stdio_.push_back(take_fd(fd));
  if (config_.sync_fd >= 0) starter_ = clients_.add(take_fd(config_.sync_fd));
  published_ = config_.marker_path.empty();
  state_.monitor_pid = ::getpid();
  state_.boot_id = config_.boot_id;
  state_.ports = config_.ports;
  restart_.set_policy({config_.restart, config_.restart_max_retries});
}

int Monitor::run() {
  try {
    prepare();
    create();
  } catch (const std::exception& error) {
    trouble(error);
  }
  for (;;) {
    try {
      loop_.run();
      leave_pod(std::move(last_one_), config_.holder_socket);
      return exit_code_;
    } catch (const std::exception& error) {
      trouble(error);
    }
  }
}

// An exception at the rim of the loop. Before the container runs it is the reason why it cannot; later the container
// goes on.
void Monitor::trouble(const std::exception& error) {
  if (phase_ == Phase::leaving) return loop_.stop();
  if (phase_ == Phase::running || phase_ == Phase::ending) {
    state_.error = error.what();
    return;
  }
  const auto* typed = dynamic_cast<const Error*>(&error);
  fail({std::string(to_string(typed ? typed->kind() : ErrorKind::internal)), error.what(), typed ? typed->hint() : ""});
}

void Monitor::prepare() {
  // Orphans of the runtime and of the container (foreign runtimes leave init to us) become our children: prctl(2).
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) throw_errno("become a subreaper");
  for (const int ignored : {SIGHUP, SIGPIPE, SIGXFSZ}) ::signal(ignored, SIG_IGN);
  loop_.on_signals({SIGCHLD, SIGTERM, SIGINT}, [this](const signalfd_siginfo& info) {
    if (info.ssi_signo == SIGCHLD) return children_.reap();
    terminating_ = true;
    if (published_ && phase_ != Phase::leaving) return stop(0, -1, false);
    if (phase_ != Phase::leaving) abandon();
  });
  loop_.drop_when_idle(kIdle, program_pages());
  write_monitor_pid(config_);
  watch_helpers();
  open_log();
  notify_.listen();
  clients_.listen(config_.run_dir + "/ctl.sock");
}

void Monitor::open_log() {
  if (config_.log_driver == "journald")
    journal_.emplace(JournalWriter::Options{config_.id, config_.name, config_.image, config_.log_tag});
  log_.emplace(LogWriter::Options{wire::parse_log_format(config_.log_driver), config_.log_path, config_.log_max_size,
                                  config_.log_max_files});
}

void Monitor::log(wire::LogStream stream, std::string_view data) {
  if (journal_) journal_->write(stream, data);
  log_->write(stream, data);
}

// 0 to 2 are the streams, from 3 on the sockets of sd_listen_fds(3).
std::vector<std::pair<int, int>> Monitor::child_fds() const {
  std::vector<std::pair<int, int>> fds;
  if (passes_stdio())
    for (std::size_t i = 0; i < passed_stdio_.size(); ++i)
      fds.emplace_back(passed_stdio_[i].get(), static_cast<int>(i));
  else
    fds = stdio_.child_fds();
  int target = 3;
  for (const auto& socket : listening_) fds.emplace_back(socket.get(), target++);
  return fds;
}

void Monitor::create() {
  phase_ = Phase::creating;
  end_.reset();
  if (!passes_stdio()) stdio_.open(config_.tty, config_.interactive);
  // The starter hears `started` before the first output.
  if (starter_ != 0 && running_since_ == Clock::time_point{}) stdio_.pause_output(true);
  children_.keep_unclaimed(true);
  std::vector<std::string> args = {"--bundle", config_.bundle_dir, "--pid-file", config_.run_dir + "/init.pid"};
  if (config_.runtime_is_ours) args.push_back("--die-with-parent");
  if (config_.tty) listen_console(args);
  if (!listening_.empty()) args.insert(args.end(), {"--preserve-fds", std::to_string(listening_.size())});
  args.push_back(config_.id);
  runtime_.call("create", args, child_fds(), [this](const std::optional<RuntimeFailure>& failure) {
    stdio_.close_child_ends();
    if (abandoned_) return;
    if (failure) return fail(*failure);
    on_created();
  });
}

void Monitor::on_created() {
  const auto pid = parse_int(trim(sys::read_file(config_.run_dir + "/init.pid")));
  if (!pid || *pid <= 0)
    throw_error(ErrorKind::invalid, "create container '{}': the runtime wrote no process id", config_.name);
  state_.pid = *pid;
  auto pidfd = sys::open_pidfd(static_cast<pid_t>(*pid));
  if (pidfd) init_ = *std::move(pidfd);
  state_.pid_start = sys::process_start_time(static_cast<pid_t>(*pid)).value_or(0);
  if (!config_.pidfile.empty())
    sys::write_file_atomic(config_.pidfile, std::to_string(*pid), 0644, sys::Durability::none);
  watch_memory_events();
  survivors_.watch(static_cast<pid_t>(*pid));
  phase_ = Phase::created;
  children_.expect(static_cast<pid_t>(*pid), [this](sys::ExitStatus status) { on_init_exit(status); });
  children_.keep_unclaimed(false);
  if (phase_ != Phase::created) return;  // it was dead already
  if (starter_ != 0 && running_since_ == Clock::time_point{})
    clients_.send(starter_, {.type = wire::MessageType::created, .a = state_.pid});
  // A restart, or a monitor without a starter, waits for nobody.
  if (starter_ == 0 || running_since_ != Clock::time_point{} || start_asked_) start();
}

// The runtime connects to it and sends the terminal's master side (OCI runtime-spec, "--console-socket").
void Monitor::listen_console(std::vector<std::string>& args) {
  const std::string path = config_.run_dir + "/console.sock";
  loop_.forget(console_watch_);
  console_listener_ = sys::listen_unix(path, SOCK_STREAM);
  sys::set_nonblocking(console_listener_.get(), true);
  console_watch_ = loop_.watch(console_listener_.get(), EPOLLIN, [this](std::uint32_t) {
    auto connection = sys::accept_same_user(console_listener_.get());
    if (connection) receive_console(*std::move(connection));
  });
  args.push_back("--console-socket");
  // Too long for sun_path (108 bytes, unix(7)) and foreign runtimes do not shorten: a magic link to our run directory
  // does.
  if (path.size() > 100) {
    console_ = sys::open_path(config_.run_dir, O_PATH | O_DIRECTORY);
    args.push_back(format("/proc/{}/fd/{}/console.sock", ::getpid(), console_.get()));
  } else {
    args.push_back(path);
  }
}

void Monitor::receive_console(sys::UniqueFd connection) {
  // The runtime connects and sends at once; it is our own program's word that we wait for.
  auto packet = sys::receive_packet(connection.get(), 4096);
  loop_.forget(console_watch_);
  console_listener_.reset();
  console_.reset();
  sys::remove_file(config_.run_dir + "/console.sock");
  if (packet && packet->fd) stdio_.set_master(std::move(packet->fd));
}

// memory.events of the container's own cgroup (v2), opened while it is sure to exist. Without one nothing is watched.
// The kernel wakes us when a number in it changes (cgroup-v2.rst, "memory.events").
void Monitor::watch_memory_events() {
  loop_.forget(memory_watch_);
  memory_events_.reset();
  oom_kills_ = 0;
  const auto own = sys::read_file_if_exists("/proc/self/cgroup");
  const auto text = sys::read_file_if_exists(format("/proc/{}/cgroup", state_.pid));
  if (!own || !text) return;
  const auto unified = [](const std::string& lines) -> std::string {
    for (const auto& line : split(lines, '\n'))
      if (line.starts_with("0::")) return line.substr(3);
    return {};
  };
  const std::string path = unified(*text);
  if (path.empty() || path == unified(*own) || path.find("/../") != std::string::npos) return;
  for (const char* root : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    memory_events_.reset(::open((root + path + "/memory.events").c_str(), O_RDONLY | O_CLOEXEC));
    if (!memory_events_) continue;
    memory_watch_ = loop_.watch(memory_events_.get(), EPOLLPRI, [this](std::uint32_t) { look_for_oom(); });
    return;
  }
}

// Who is our child before the runtime has made any: the program behind the container's network (network/setup.hh).
void Monitor::watch_helpers() {
  for (const pid_t pid : Children::list()) {
    // Not yet the name: it may not have come to exec(2).
    children_.expect(pid, [this](sys::ExitStatus status) { helper_ended(status); });
  }
}

// The container goes on as on a cable that was pulled. Only a new network namespace could have a new helper: to ours
// nobody in the user namespace can lead one (network/helper_launch.hh).
void Monitor::helper_ended(sys::ExitStatus status) {
  if (phase_ == Phase::leaving) return;
  const std::string how =
      status.signal != 0 ? "killed by " + sys::signal_name(status.signal) : format("exit code {}", status.code);
  append_event(config_, "network_lost", {{"cause", how}});
  log(wire::LogStream::err,
      format("lichen: the program behind this container's network has ended ({}): there is no network until the "
             "container is stopped and started again\n",
             how));
}

void Monitor::start() {
  phase_ = Phase::starting;
  if (config_.runtime_is_ours && !config_.start_by_command) return start_through_socket();
  runtime_.call("start", {config_.id}, {}, [this](const std::optional<RuntimeFailure>& failure) {
    if (abandoned_) return;
    if (failure) return fail(*failure);
    on_started();
  });
}

// Our runtime's init waits on a socket: no further program is executed (wire/runtime_cli.hh).
void Monitor::start_through_socket() {
  const std::string path = config_.runtime_root + "/" + config_.id + "/" + std::string(wire::kStartSocket);
  auto socket = sys::connect_unix(path, SOCK_SEQPACKET);
  if (!socket || !sys::send_packet(socket->get(), wire::kStartRequest))
    throw_error(ErrorKind::conflict, "start container '{}': its first process ended before it was started",
                config_.name);
  start_socket_ = *std::move(socket);
  start_watch_ = loop_.watch(start_socket_.get(), EPOLLIN, [this](std::uint32_t) {
    char reply[wire::kMaxStartReply];
    ssize_t count = 0;
    while ((count = ::recv(start_socket_.get(), reply, sizeof reply, 0)) < 0 && errno == EINTR) {
    }
    loop_.forget(start_watch_);
    start_socket_.reset();
    if (abandoned_) return;
    if (count == 0) return on_started();
    if (count < 0) throw_errno("start container '{}'", config_.name);
    auto failure = wire::decode_start_failure({reply, static_cast<std::size_t>(count)});
    if (failure.exit_code == wire::kExitNotFound) failure.kind = "not_found_executable";
    if (failure.exit_code == wire::kExitCannotExecute) failure.kind = "not_executable";
    fail({failure.kind, failure.text, failure.hint});
  });
}

void Monitor::on_started() {
  phase_ = Phase::running;
  const bool again = running_since_ != Clock::time_point{};
  running_since_ = Clock::now();
  state_.status = wire::ContainerStatus::running;
  state_.started_at = to_rfc3339(now());
  state_.exit_code = 0;
  state_.oom_killed = false;
  state_.stopped_by_user = stop_asked_ && stop_asked_->by_user;
  if (health_.wanted()) state_.health = to_string(HealthStatus::starting);
  write_state(config_, state_);
  if (!published_) {
    publish(config_);
    if (!config_.auto_remove) marker_.reset();  // else held for life: its records are not synced (container_store.hh)
    published_ = true;
  }
  append_event(config_, again ? "restart" : "start");
  notify_.started();
  answer_restart(std::nullopt);
  if (!again) {
    if (starter_ != 0)
      clients_.send(starter_, {.type = wire::MessageType::started, .a = state_.pid, .b = 0, .text = {}});
    stdio_.pause_output(false);
  }
  if (!config_.auto_remove && !end_) sync_state(config_);
  if (end_) return end_container();
  limit_running_time();
  health_.begin();
  if (stop_asked_) stop(stop_asked_->signal, stop_asked_->timeout_ms, stop_asked_->by_user);
}

}  // namespace lichen::conmon
