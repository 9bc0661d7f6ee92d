#include "libpod/sys/process.hh"

#include <algorithm>
#include <cstdlib>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/proc_table.hh"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lichen::sys {

ExitStatus decode_wait_status(int status) {
  if (WIFSIGNALED(status)) return {128 + WTERMSIG(status), WTERMSIG(status), WCOREDUMP(status) != 0};
  return {WEXITSTATUS(status), 0, false};
}

Pid::Pid(pid_t pid) : pid_(pid) {
  pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd_) throw_errno("open a pidfd for process {}", pid);
}

Pid& Pid::operator=(Pid&& other) noexcept {
  if (this != &other) {
    this->~Pid();
    pid_ = std::exchange(other.pid_, 0);
    pidfd_ = std::move(other.pidfd_);
  }
  return *this;
}

Pid::~Pid() {
  if (pid_ <= 0) return;
  const int saved = errno;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  errno = saved;
}

ExitStatus Pid::wait() {
  LICHEN_ASSERT(pid_ > 0);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0)
    if (errno != EINTR) throw_errno("wait for process {}", pid_);
  pid_ = 0;
  pidfd_.reset();
  return decode_wait_status(status);
}

std::optional<ExitStatus> Pid::try_wait() {
  LICHEN_ASSERT(pid_ > 0);
  int status = 0;
  const pid_t got = ::waitpid(pid_, &status, WNOHANG);
  if (got == 0) return std::nullopt;
  if (got < 0) throw_errno("wait for process {}", pid_);
  pid_ = 0;
  pidfd_.reset();
  return decode_wait_status(status);
}

void Pid::kill(int signal) {
  if (pid_ > 0) ::kill(pid_, signal);
}

pid_t Pid::release() {
  pidfd_.reset();
  return std::exchange(pid_, 0);
}

namespace {

// What the child sends when something fails before execve.
struct ChildFailure {
  int error_number;
  ErrorKind kind;
  char text[1600];
  char hint[400];
};

[[noreturn]] void report_and_exit(int report_fd, int error_number, ErrorKind kind, std::string_view text,
                                  std::string_view hint = {}) {
  ChildFailure failure{error_number, kind, {}, {}};
  text.copy(failure.text, sizeof failure.text - 1);
  hint.copy(failure.hint, sizeof failure.hint - 1);
  [[maybe_unused]] const auto written = ::write(report_fd, &failure, sizeof failure);
  ::_exit(127);
}

void reset_signals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &standard, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Give each descriptor its number. Sources are first moved above all targets, so that no target overwrites a later
// source.
int map_descriptors(const std::vector<std::pair<int, int>>& fds, int report_fd, int& program_fd) {
  int floor = 3;
  for (const auto& [ours, target] : fds) floor = std::max({floor, target + 1, ours + 1});
  report_fd = ::fcntl(report_fd, F_DUPFD_CLOEXEC, floor);
  if (program_fd >= 0) program_fd = ::fcntl(program_fd, F_DUPFD_CLOEXEC, floor);
  std::vector<std::pair<int, int>> high;
  for (const auto& [ours, target] : fds) {
    const int copy = ::fcntl(ours, F_DUPFD_CLOEXEC, floor);
    if (copy < 0) report_and_exit(report_fd, errno, ErrorKind::system, "duplicate a file descriptor for the child");
    high.emplace_back(copy, target);
  }
  for (const auto& [copy, target] : high)
    if (::dup2(copy, target) < 0)
      report_and_exit(report_fd, errno, ErrorKind::system, "place a file descriptor in the child");
  return report_fd;
}

// Where programs of ours are looked for; exec(3)'s own default without a PATH.
std::vector<std::string> program_folders() {
  const char* path = std::getenv("PATH");
  std::vector<std::string> folders = split(path == nullptr ? "/bin:/usr/bin" : path, ':');
  std::erase_if(folders, [](const std::string& folder) { return !folder.starts_with('/'); });
  return folders;
}

std::vector<char*> c_strings(const std::vector<std::string>& words) {
  std::vector<char*> out;
  out.reserve(words.size() + 1);
  for (const auto& word : words) out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

[[noreturn]] void run_child(const SpawnOptions& options, int report_fd, pid_t parent) {
  if (options.die_with_parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // It may have died before the call. 0: it is in a pid namespace above ours and not seen.
    if (const pid_t now = ::getppid(); now != parent && now != 0) ::_exit(127);
  }
  if (options.new_session) ::setsid();
  reset_signals();
  try {
    if (options.in_child) options.in_child();
  } catch (const Error& error) {
    report_and_exit(report_fd, error.saved_errno(), error.kind(), error.what(), error.hint());
  } catch (const std::exception& error) {
    report_and_exit(report_fd, 0, ErrorKind::internal, error.what());
  }
  if (!options.working_dir.empty() && ::chdir(options.working_dir.c_str()) != 0)
    report_and_exit(report_fd, errno, ErrorKind::system, "change to directory '" + options.working_dir + "'");
  int program_fd = options.program_fd;
  report_fd = map_descriptors(options.fds, report_fd, program_fd);
  const auto argv = c_strings(options.argv);
  std::vector<char*> env;
  if (options.env) env = c_strings(*options.env);
  char** environment = options.env ? env.data() : environ;
  const std::string& program = options.program.empty() ? options.argv[0] : options.program;
  execute_while_busy([&] {
    if (program_fd >= 0)
      ::syscall(SYS_execveat, program_fd, "", argv.data(), environment, AT_EMPTY_PATH);
    else if (options.as_a_shell)
      ::execvpe(program.c_str(), argv.data(), environment);
    else
      execute_by_path(program, argv.data(), environment);
  });
  report_and_exit(report_fd, errno, ErrorKind::system, "execute '" + program + "'");
}

}  // namespace

void execute_while_busy(const std::function<void()>& execute) {
  constexpr int kTries = 100;
  constexpr timespec kPause{0, 1'000'000};
  for (int i = 0; i < kTries; ++i) {
    if (i > 0) ::nanosleep(&kPause, nullptr);
    execute();
    if (errno != ETXTBSY) return;
  }
}

Pid spawn(const SpawnOptions& options) {
  LICHEN_ASSERT(!options.argv.empty());
  Pipe report = make_pipe();
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw_errno("start '{}'", options.argv[0]);
  if (pid == 0) run_child(options, report.write.get(), parent);
  Pid child(pid);
  report.write.reset();
  ChildFailure failure{};
  if (read_full(report.read.get(), &failure, sizeof failure) == sizeof failure) {
    child.wait();
    // execve and descriptor failures have no errno text yet; an Error of in_child is complete.
    const std::string text = failure.text;
    if (failure.kind == ErrorKind::system && !text.ends_with(errno_text(failure.error_number)) &&
        failure.error_number != 0)
      throw_errno_value(failure.error_number, "{}", text);
    throw Error(failure.kind, text, failure.error_number).with_hint(failure.hint);
  }
  return child;
}

Pid fork_child(const std::function<int()>& body) {
  const pid_t pid = ::fork();
  if (pid < 0) throw_errno("start a process");
  if (pid == 0) {
    int code = 125;
    try {
      code = body();
    } catch (const std::exception& error) {
      log_text(LogLevel::error, error.what());
    }
    ::_exit(code);
  }
  return Pid(pid);
}

namespace {

// Read both outputs of a child and feed its input until all are closed.
void pump(UniqueFd input, std::string_view data, UniqueFd out, std::string& out_text, UniqueFd err,
          std::string& err_text) {
  constexpr std::size_t kKeep = 64 << 10;
  const auto take = [](UniqueFd& fd, std::string& text) {
    char buffer[8192];
    const ssize_t count = ::read(fd.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) return;
    if (count <= 0) return fd.reset();
    if (text.size() < kKeep) text.append(buffer, static_cast<std::size_t>(count));
  };
  if (data.empty()) input.reset();
  while (out || err || input) {
    pollfd polled[] = {{out.get(), POLLIN, 0}, {err.get(), POLLIN, 0}, {input.get(), POLLOUT, 0}};
    if (::poll(polled, 3, -1) < 0 && errno != EINTR) throw_errno("poll");
    if (polled[0].revents != 0) take(out, out_text);
    if (polled[1].revents != 0) take(err, err_text);
    if (polled[2].revents != 0) {
      const ssize_t count = ::send(input.get(), data.data(), data.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count > 0) data.remove_prefix(static_cast<std::size_t>(count));
      if (data.empty() || (count < 0 && errno != EINTR && errno != EAGAIN)) input.reset();
    }
  }
}

}  // namespace

RunResult run_program(const std::vector<std::string>& argv, const std::string& input) {
  // A socket as stdin: MSG_NOSIGNAL spares us SIGPIPE when the child does not read.
  SocketPair in = make_socket_pair(SOCK_STREAM);
  Pipe out = make_pipe(), err = make_pipe();
  Pid child = spawn({.argv = argv, .fds = {{in.second.get(), 0}, {out.write.get(), 1}, {err.write.get(), 2}}});
  in.second.reset();
  out.write.reset();
  err.write.reset();
  RunResult result;
  pump(std::move(in.first), input, std::move(out.read), result.out, std::move(err.read), result.err);
  result.status = child.wait();
  return result;
}

std::optional<UniqueFd> open_pidfd(pid_t pid) {
  UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (fd) return fd;
  if (errno == ESRCH || errno == EINVAL) return std::nullopt;
  throw_errno("open a pidfd for process {}", pid);
}

bool signal_pidfd(int pidfd, int signal) {
  if (::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) == 0) return true;
  if (errno == ESRCH) return false;
  throw_errno("send signal {}", signal);
}

bool wait_pidfd(int pidfd, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd polled{pidfd, POLLIN, 0};
    const int ready = ::poll(&polled, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) throw_errno("wait for a process");
  }
}

std::optional<std::uint64_t> process_start_time(pid_t pid) {
  const auto stat = process_stat(pid);
  return stat ? std::optional(stat->number(22)) : std::nullopt;
}

std::optional<UniqueFd> open_process(pid_t pid, std::uint64_t start_time) {
  if (pid <= 0) return std::nullopt;
  auto fd = open_pidfd(pid);
  // Checked after opening: the pidfd holds the process, so the pid cannot be reused between the check and its use.
  if (!fd || process_start_time(pid) != start_time) return std::nullopt;
  return fd;
}

std::string boot_id() {
  if (const char* replaced = std::getenv("LICHEN_TEST_BOOT_ID")) return replaced;
  return std::string(trim(read_file("/proc/sys/kernel/random/boot_id")));
}

void execute_by_path(const std::string& program, char* const* argv, char* const* environment) {
  if (program.find('/') != std::string::npos) {
    ::execve(program.c_str(), argv, environment);
    return;
  }
  // EACCES of a folder that may not be searched (the PATH of another user, with su or cron) says nothing about a
  // program that is simply nowhere; execvp(3) would say it.
  int worst = ENOENT;
  for (const auto& folder : program_folders()) {
    const std::string path = folder + "/" + program;
    ::execve(path.c_str(), argv, environment);
    if (errno == EACCES && ::access(path.c_str(), F_OK) == 0)
      worst = EACCES;
    else if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
      return;
  }
  errno = worst;
}

bool is_program_in_path(const std::string& name) {
  for (const auto& folder : program_folders())
    if (::access((folder + "/" + name).c_str(), X_OK) == 0) return true;
  return false;
}

std::string program_directory() {
  const auto path = read_link("/proc/self/exe");
  if (!path) throw_error(ErrorKind::system, "read '/proc/self/exe': /proc is not mounted");
  return parent_path(*path);
}

}  // namespace lichen::sys
