#include "libpod/engine/attach_client.hh"

#include <chrono>
#include <deque>
#include <optional>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/detach_keys.hh"
#include "libpod/sys/pty.hh"
#include "libpod/sys/resolve.hh"
#include "libpod/sys/signals.hh"
#include "libpod/wire/monitor_protocol.hh"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

using wire::Message;
using wire::MessageType;

constexpr int kHoldIntervalMs = 2000;  // well below wire::kSlowClient

// What stays with us: job control belongs to our shell, the rest is about this process alone.
constexpr int kNotProxied[] = {SIGKILL, SIGSTOP, SIGCHLD, SIGPIPE, SIGURG, SIGWINCH, SIGTSTP, SIGTTIN, SIGTTOU,
                               SIGCONT, SIGSEGV, SIGBUS,  SIGILL,  SIGFPE, SIGABRT,  SIGTRAP, SIGSYS};

sigset_t watched_signals(bool proxy) {
  sigset_t set;
  ::sigemptyset(&set);
  for (int signal = 1; signal <= SIGRTMAX && proxy; ++signal)
    if (signal < 32 || signal >= SIGRTMIN) ::sigaddset(&set, signal);
  for (const int signal : kNotProxied) ::sigdelset(&set, signal);
  for (const int signal : {SIGWINCH, SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM}) ::sigaddset(&set, signal);
  return set;
}

class BlockedSignals {
 public:
  explicit BlockedSignals(const sigset_t& set) {
    ::sigprocmask(SIG_BLOCK, &set, &mask_);
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignore, &pipe_);
  }
  ~BlockedSignals() {
    ::sigaction(SIGPIPE, &pipe_, nullptr);
    ::sigprocmask(SIG_SETMASK, &mask_, nullptr);
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t mask_{};
  struct sigaction pipe_ {};
};

// One of our output streams. Pipes and terminals are opened a second time, non-blocking: O_NONBLOCK on the inherited
// description would change it for the shell and everybody else who has it.
class Output {
 public:
  explicit Output(int fd) : fd_(fd) {
    struct stat status {};
    if (::fstat(fd, &status) == 0 && (S_ISFIFO(status.st_mode) || ::isatty(fd) == 1)) {
      own_.reset(::open(sys::fd_path(fd).c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
      chunk_ = own_ ? wire::kMaxPacket : 4096;  // at least PIPE_BUF bytes fit when poll says writable (pipe(7))
      if (own_) fd_ = own_.get();
    }
  }
  bool pending() const { return !data_.empty(); }
  int fd() const { return fd_; }
  void put(std::string_view data) {
    if (!broken_) data_ = data;
    flush();
  }
  void flush() {
    while (!data_.empty()) {
      const ssize_t count = ::write(fd_, data_.data() + done_, std::min(data_.size() - done_, chunk_));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN) return;
      if (count < 0) return fail();
      done_ += static_cast<std::size_t>(count);
      if (done_ == data_.size()) clear();
      if (!own_ && chunk_ == 4096) return;  // ask poll again: the next piece could block
    }
  }
  /// errno of the write that failed; 0 while all is well. The stream swallows everything from then on.
  int error() const { return error_; }

 private:
  void clear() {
    data_.clear();
    done_ = 0;
  }
  void fail() {
    error_ = errno;
    broken_ = true;
    clear();
  }
  int fd_;
  sys::UniqueFd own_;
  std::size_t chunk_ = wire::kMaxPacket;
  std::string data_;
  std::size_t done_ = 0;
  int error_ = 0;
  bool broken_ = false;
};

class AttachClient {
 public:
  AttachClient(sys::UniqueFd socket, const AttachClientOptions& options)
      : socket_(std::move(socket)),
        options_(options),
        keys_(options.tty ? options.detach_keys : ""),
        out_(options.out),
        err_(options.err) {
    const sigset_t signals = watched_signals(options.sig_proxy);
    signals_ = sys::make_signalfd(signals);
    reading_ = options.forward_stdin;
    if (options_.tty) send_size();
  }

  void run() {
    if (options_.tty && reading_ && ::isatty(options_.in) == 1) raw_.emplace(options_.in);
    while (!result_ && !fatal_signal_) round();
    if (result_ && result_->detached) send_the_rest();
    raw_.reset();
  }

  std::optional<AttachResult> result() const { return result_; }
  int fatal_signal() const { return fatal_signal_; }

 private:
  void round() {
    const bool blocked = out_.pending() || err_.pending();
    pollfd polled[] = {
        {socket_.get(), static_cast<short>((blocked ? 0 : POLLIN) | (outgoing_.empty() ? 0 : POLLOUT)), 0},
        {signals_.get(), POLLIN, 0},
        {may_read() ? options_.in : -1, POLLIN, 0},
        {out_.pending() ? out_.fd() : -1, POLLOUT, 0},
        {err_.pending() ? err_.fd() : -1, POLLOUT, 0}};
    // A closed socket reports POLLHUP even when nothing is asked for: not before the reader has taken what we hold.
    if (blocked && outgoing_.empty()) polled[0].fd = -1;
    const int ready = ::poll(polled, 5, blocked ? kHoldIntervalMs : -1);
    if (ready < 0 && errno != EINTR) throw_errno("wait for the container");
    if (ready == 0) send({.type = MessageType::hold, .a = 0, .b = 0, .text = {}});
    if (ready <= 0) return;
    if (polled[1].revents != 0) take_signals();
    if (polled[3].revents != 0) out_.flush();
    if (polled[4].revents != 0) err_.flush();
    if ((polled[0].revents & POLLOUT) != 0) flush();
    if (!blocked && (polled[0].revents & ~POLLOUT) != 0) receive();
    if (polled[2].revents != 0 && !result_) read_input();
    check_output();
  }

  // What was typed before the detach keys, when the monitor was slow to take it.
  void send_the_rest() {
    pollfd polled{socket_.get(), POLLOUT, 0};
    while (!outgoing_.empty() && ::poll(&polled, 1, kHoldIntervalMs) > 0) flush();
  }

  bool may_read() const { return reading_ && outgoing_.empty() && under_way_ + wire::kMaxData <= wire::kStdinWindow; }

  void check_output() {
    if (out_.error() == EPIPE) {
      fatal_signal_ = SIGPIPE;  // as any other writer to a closed pipe
    } else if (out_.error() != 0) {
      throw_errno_value(out_.error(), "write standard output");
    }
  }

  void send(const Message& message) {
    outgoing_.push_back(wire::encode(message));
    if (outgoing_.size() == 1) flush();
  }

  void flush() {
    while (!outgoing_.empty()) {
      const std::string& packet = outgoing_.front();
      if (::send(socket_.get(), packet.data(), packet.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == ENOBUFS) return;
        // The monitor has closed. What it said before is still to be read.
        reading_ = false;
        outgoing_.clear();
        return;
      }
      outgoing_.pop_front();
    }
  }

  void receive() {
    ssize_t count = ::recv(socket_.get(), buffer_, sizeof buffer_, MSG_DONTWAIT);
    // The monitor closed before it read all that we sent. That is told once, before what it sent us (af_unix): look
    // again.
    if (count < 0 && errno == ECONNRESET) count = ::recv(socket_.get(), buffer_, sizeof buffer_, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) throw_error(ErrorKind::not_found, "the container's monitor is gone");
    const std::string_view packet(buffer_, static_cast<std::size_t>(count));
    const auto type = static_cast<MessageType>(packet[0]);
    if (type == MessageType::out) return out_.put(packet.substr(1));
    if (type == MessageType::err) return err_.put(packet.substr(1));
    const auto message = wire::decode(packet);
    if (!message) throw_error(ErrorKind::internal, "the monitor sent a packet that this lichen does not know");
    on_message(*message);
  }

  void on_message(const Message& message) {
    switch (message.type) {
      case MessageType::exited:
        result_ = AttachResult{static_cast<int>(message.a), false, (message.b & wire::kExitedOom) != 0,
                               (message.b & wire::kExitedRemoved) != 0};
        return;
      case MessageType::stdin_taken:
        under_way_ -= std::min(under_way_, static_cast<std::size_t>(message.a));
        if (message.b != 0) reading_ = false;
        return;
      case MessageType::error: {
        const auto error = wire::split_error(message);
        if (error.kind == wire::kLagged) err_.put("lichen: " + error.text + "\n");
        return;  // others answer a signal or resize that came too late
      }
      default:
        return;
    }
  }

  void read_input() {
    const ssize_t count = ::read(options_.in, buffer_, wire::kMaxData);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count <= 0) {  // EIO: our terminal is gone
      reading_ = false;
      if (const auto rest = keys_.finish(); !rest.empty()) send_input(rest);
      return send({.type = MessageType::stdin_eof, .a = 0, .b = 0, .text = {}});
    }
    const auto typed = keys_.feed({buffer_, static_cast<std::size_t>(count)});
    if (!typed.pass.empty()) send_input(typed.pass);
    if (!typed.detached) return;
    send({.type = MessageType::detach, .a = 0, .b = 0, .text = {}});
    result_ = AttachResult{.exit_code = 0, .detached = true};
  }

  void send_input(const std::string& bytes) {
    // Held-back keys may make it a few bytes longer than what was read.
    for (std::size_t at = 0; at < bytes.size(); at += wire::kMaxData) {
      const std::string piece = bytes.substr(at, wire::kMaxData);
      under_way_ += piece.size();
      send({.type = MessageType::stdin_data, .a = 0, .b = 0, .text = piece});
    }
  }

  void take_signals() {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      const int signal = static_cast<int>(info.ssi_signo);
      if (signal == SIGWINCH || signal == SIGCONT) {
        // Our shell had the terminal while we were stopped.
        if (signal == SIGCONT && raw_) raw_.emplace(options_.in);
        if (options_.tty) send_size();
      } else if (options_.sig_proxy) {
        send({.type = MessageType::kill, .a = signal, .b = 0, .text = {}});
      } else {
        fatal_signal_ = signal;
      }
    }
  }

  void send_size() {
    for (const int fd : {options_.out, options_.in}) {
      const auto size = sys::window_size(fd);
      if (size.columns == 0 || size.rows == 0) continue;
      return send({.type = MessageType::resize, .a = size.columns, .b = size.rows, .text = {}});
    }
  }

  sys::UniqueFd socket_;
  const AttachClientOptions& options_;
  DetachKeys keys_;
  Output out_, err_;
  sys::UniqueFd signals_;
  std::optional<sys::RawMode> raw_;
  std::deque<std::string> outgoing_;  // one input packet at most, and small messages
  std::size_t under_way_ = 0;
  bool reading_ = false;
  std::optional<AttachResult> result_;
  int fatal_signal_ = 0;
  char buffer_[wire::kMaxPacket];
};

}  // namespace

AttachResult run_attach_client(sys::UniqueFd socket, const AttachClientOptions& options) {
  int fatal_signal = 0;
  {
    const BlockedSignals blocked(watched_signals(options.sig_proxy));
    AttachClient client(std::move(socket), options);
    client.run();
    if (client.result()) return *client.result();
    fatal_signal = client.fatal_signal();
  }
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  ::sigaction(fatal_signal, &standard, nullptr);
  ::raise(fatal_signal);
  throw_error(ErrorKind::interrupted, "ended by {}", sys::signal_name(fatal_signal));
}

}  // namespace lichen::engine
