#include "libpod/sys/pty.hh"

#include "libpod/base/error.hh"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

namespace lichen::sys {

Pty open_pty() {
  UniqueFd master(::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!master) throw_errno("open '/dev/ptmx'");
  return open_pty_from(std::move(master));
}

Pty open_pty_from(UniqueFd ptmx) {
  struct stat info {};
  if (::fstat(ptmx.get(), &info) != 0) throw_errno("look at '/dev/ptmx'");
  if (!S_ISCHR(info.st_mode) || info.st_rdev != makedev(5, 2))
    throw_error(ErrorKind::invalid, "open a terminal: '/dev/ptmx' is not the device 5:2");
  const int unlocked = 0;
  if (::ioctl(ptmx.get(), TIOCSPTLCK, &unlocked) != 0) throw_errno("unlock a terminal");
  UniqueFd slave(::ioctl(ptmx.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!slave) throw_errno("open the other end of a terminal");
  struct statfs system {};
  if (::fstatfs(slave.get(), &system) != 0 || system.f_type != DEVPTS_SUPER_MAGIC)
    throw_error(ErrorKind::invalid, "open a terminal: its other end is not in devpts");
  return {std::move(ptmx), std::move(slave)};
}

WindowSize window_size(int tty) {
  winsize size{};
  if (::ioctl(tty, TIOCGWINSZ, &size) != 0) return {};
  return {size.ws_row, size.ws_col};
}

void set_window_size(int tty, WindowSize size) {
  winsize value{};
  value.ws_row = size.rows;
  value.ws_col = size.columns;
  if (::ioctl(tty, TIOCSWINSZ, &value) != 0) throw_errno("set the window size");
}

void set_controlling_terminal(int tty) {
  if (::ioctl(tty, TIOCSCTTY, 0) != 0) throw_errno("make a terminal the controlling one");
}

RawMode::RawMode(int tty) : RawMode(tty, [](termios& mode) { ::cfmakeraw(&mode); }) {}

RawMode::RawMode(int tty, void (*change)(termios& mode)) : tty_(tty) {
  if (::tcgetattr(tty, &saved_) != 0) throw_errno("read the terminal's mode");
  termios mode = saved_;
  change(mode);
  if (::tcsetattr(tty, TCSADRAIN, &mode) != 0) throw_errno("change the terminal's mode");
}

KeyMode::KeyMode(int tty)
    : RawMode(tty, [](termios& mode) {
        mode.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        mode.c_cc[VMIN] = 1;
        mode.c_cc[VTIME] = 0;
      }) {}

RawMode::~RawMode() {
  const int saved = errno;
  ::tcsetattr(tty_, TCSADRAIN, &saved_);
  errno = saved;
}

}  // namespace lichen::sys
