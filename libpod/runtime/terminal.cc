#include "libpod/runtime/terminal.hh"

#include <array>

#include "libpod/base/error.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"
#include "libpod/sys/resolve.hh"
#include "libpod/sys/socket.hh"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lichen::runtime {

sys::Pty open_container_pty(int root) {
  auto ptmx = sys::open_in_root_if_exists(root, "/dev/pts/ptmx", O_RDWR | O_NOCTTY);
  return ptmx ? sys::open_pty_from(*std::move(ptmx)) : sys::open_pty();
}

void use_terminal(int slave, const spec::OciProcess& process) {
  if (process.console_size)
    sys::set_window_size(slave, {static_cast<std::uint16_t>(process.console_size->height),
                                 static_cast<std::uint16_t>(process.console_size->width)});
  // The group (tty) stays as devpts made it.
  if (::fchown(slave, process.user.uid, static_cast<gid_t>(-1)) != 0 && errno != EPERM && errno != EINVAL)
    throw_errno("set the owner of the terminal");
  ::setsid();  // fails when we are a leader already
  sys::set_controlling_terminal(slave);
  for (int fd = 0; fd <= 2; ++fd)
    if (::dup2(slave, fd) < 0) throw_errno("use the terminal as standard stream {}", fd);
}

sys::UniqueFd connect_console(const std::string& path) {
  auto socket = sys::connect_unix(path, SOCK_STREAM);
  if (!socket) throw_error(ErrorKind::not_found, "connect to console socket '{}': nobody listens", path);
  return *std::move(socket);
}

void send_console(int socket, int master) {
  if (!sys::send_packet(socket, "/dev/ptmx", master))
    throw_error(ErrorKind::system, "send the terminal: the console socket is closed");
}

namespace {

// false at the end of the stream.
bool copy_some(int from, int to) {
  std::array<char, 16384> buffer;
  const ssize_t count = ::read(from, buffer.data(), buffer.size());
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (count <= 0) return false;  // EIO: the last process closed its end (pty(7))
  sys::write_all(to, {buffer.data(), static_cast<std::size_t>(count)}, "the terminal");
  return true;
}

void pass_signals(int signals, int pidfd, int master) {
  signalfd_siginfo info{};
  while (::read(signals, &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGWINCH) {
      if (master >= 0) sys::set_window_size(master, sys::window_size(STDIN_FILENO));
    } else {
      sys::signal_pidfd(pidfd, static_cast<int>(info.ssi_signo));
    }
  }
}

}  // namespace

void proxy_terminal(int master, int pidfd, int signals) {
  const bool terminal = ::isatty(STDIN_FILENO) != 0;
  std::optional<sys::RawMode> raw;
  if (terminal) {
    raw.emplace(STDIN_FILENO);
    sys::set_window_size(master, sys::window_size(STDIN_FILENO));
  }
  int input = STDIN_FILENO;
  bool ended = false;
  for (;;) {
    pollfd polled[] = {{master, POLLIN, 0}, {input, POLLIN, 0}, {signals, POLLIN, 0}, {ended ? -1 : pidfd, POLLIN, 0}};
    // After the end only what is left in the terminal is copied; its other end may be held open by a background
    // process.
    const int ready = ::poll(polled, 4, ended ? 0 : -1);
    if (ready < 0 && errno != EINTR) throw_errno("wait for the terminal");
    if (ready == 0) return;
    if (ready < 0) continue;
    // EIO when the last process has closed its end (pty(7)): then only the end of the process is waited for.
    if (polled[0].revents != 0 && !copy_some(master, STDOUT_FILENO)) {
      if (ended) return;
      master = -1;
    }
    if (ended && polled[0].revents == 0) return;
    if (polled[1].revents != 0 && !copy_some(input, master)) input = -1;
    if (polled[2].revents != 0) pass_signals(signals, pidfd, terminal ? master : -1);
    if (polled[3].revents != 0) {
      if (master < 0) return;
      ended = true;
      input = -1;
    }
  }
}

}  // namespace lichen::runtime
