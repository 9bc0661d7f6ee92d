#include "libpod/engine/exec_terminal.hh"

#include <optional>

#include "libpod/base/error.hh"
#include "libpod/engine/detach_keys.hh"
#include "libpod/sys/event_loop.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"
#include "libpod/sys/pty.hh"
#include "libpod/sys/socket.hh"

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

// A listening socket whose name goes with it.
class ConsoleSocket {
 public:
  explicit ConsoleSocket(const std::string& path) : path_(path), listener_(sys::listen_unix(path, SOCK_STREAM)) {}
  ~ConsoleSocket() { ::unlink(path_.c_str()); }
  ConsoleSocket(const ConsoleSocket&) = delete;
  ConsoleSocket& operator=(const ConsoleSocket&) = delete;

  /// The pty's master; none when the runtime ended without sending one.
  sys::UniqueFd receive(const sys::Pid& runtime) {
    pollfd polled[] = {{listener_.get(), POLLIN, 0}, {runtime.pidfd(), POLLIN, 0}};
    while (::poll(polled, 2, -1) < 0)
      if (errno != EINTR) throw_errno("wait for the terminal");
    if (polled[0].revents == 0) return {};
    const auto connection = sys::accept_same_user(listener_.get());
    if (!connection) return {};
    auto packet = sys::receive_packet(connection->get(), 4096);
    return packet ? std::move(packet->fd) : sys::UniqueFd();
  }

 private:
  std::string path_;
  sys::UniqueFd listener_;
};

class Pump {
 public:
  Pump(sys::UniqueFd master, sys::Pid runtime, const TerminalExec& exec)
      : master_(std::move(master)), runtime_(std::move(runtime)), keys_(exec.detach_keys) {
    if (::isatty(STDIN_FILENO) == 1 && exec.interactive) raw_.emplace(STDIN_FILENO);
    copy_size();
    if (exec.interactive) watch_input();
    output_ = loop_.watch(master_.get(), EPOLLIN, [this](std::uint32_t) { copy_output(); });
    ended_ = loop_.watch(runtime_.pidfd(), EPOLLIN, [this](std::uint32_t) { loop_.stop(); });
    loop_.on_signals({SIGWINCH}, [this](const signalfd_siginfo&) { copy_size(); });
  }

  int run() {
    loop_.run();
    if (detached_) {
      runtime_.release();
      return 0;
    }
    const auto status = runtime_.wait();
    while (master_ && readable()) copy_output();  // what was written before the end
    return status.code;
  }

 private:
  void watch_input() {
    try {
      input_ = loop_.watch(STDIN_FILENO, EPOLLIN, [this](std::uint32_t) { copy_input(); });
    } catch (const Error& error) {
      if (error.saved_errno() != EPERM) throw;
      // A regular file as standard input cannot be watched; it is always ready.
      while (input_open_) copy_input();
    }
  }

  bool readable() const {
    pollfd polled{master_.get(), POLLIN, 0};
    return ::poll(&polled, 1, 0) > 0;
  }

  void copy_size() {
    const auto size = callers_window_size();
    if (size.rows != 0 && size.columns != 0) sys::set_window_size(master_.get(), size);
  }

  void copy_input() {
    char buffer[4096];
    const ssize_t count = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count <= 0) {
      input_open_ = false;
      loop_.forget(input_);
      return;
    }
    const auto typed = keys_.feed(std::string_view(buffer, static_cast<std::size_t>(count)));
    if (!typed.pass.empty()) sys::write_all(master_.get(), typed.pass, "terminal");
    if (!typed.detached) return;
    detached_ = true;
    loop_.stop();
  }

  void copy_output() {
    char buffer[16384];
    const ssize_t count = ::read(master_.get(), buffer, sizeof buffer);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    // EIO: no process has the other end open any more (pty(7)).
    if (count <= 0) {
      loop_.forget(output_);
      master_.reset();
      return;
    }
    sys::write_all(STDOUT_FILENO, std::string_view(buffer, static_cast<std::size_t>(count)), "standard output");
  }

  sys::EventLoop loop_;
  sys::UniqueFd master_;
  sys::Pid runtime_;
  DetachKeys keys_;
  std::optional<sys::RawMode> raw_;
  sys::EventLoop::WatchId input_ = 0, output_ = 0, ended_ = 0;
  bool input_open_ = true, detached_ = false;
};

}  // namespace

sys::WindowSize callers_window_size() {
  return sys::window_size(::isatty(STDOUT_FILENO) == 1 ? STDOUT_FILENO : STDIN_FILENO);
}

int exec_with_terminal(const TerminalExec& exec) {
  ConsoleSocket console(exec.socket_path);
  sys::SpawnOptions options{.argv = exec.argv, .program_fd = exec.program_fd};
  options.argv.insert(options.argv.end() - 1, {"--console-socket", exec.socket_path});
  options.fds = {{0, 0}, {1, 1}, {2, 2}, {exec.process_fd, 3}};
  sys::Pid runtime = sys::spawn(options);
  sys::UniqueFd master = console.receive(runtime);
  if (!master) return runtime.wait().code;  // it has said why on standard error
  return Pump(std::move(master), std::move(runtime), exec).run();
}

}  // namespace lichen::engine
