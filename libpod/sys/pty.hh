// Pseudo terminals: made in a given devpts, the other end opened without a name, raw mode as a guard, window sizes.
#pragma once

#include <cstdint>
#include <string>

#include <termios.h>

#include "libpod/sys/unique_fd.hh"

namespace lichen::sys {

struct WindowSize {
  std::uint16_t rows = 0, columns = 0;
};

struct Pty {
  UniqueFd master, slave;
};

/// A pair from the host's /dev/ptmx.
Pty open_pty();
/// A pair from an open ptmx device, checked to be one (char 5:2). The slave comes from TIOCGPTPEER (Linux 4.13), never
/// from a name in a /dev/pts that somebody else may have changed; that it is a pty of devpts is checked too.
Pty open_pty_from(UniqueFd ptmx);

WindowSize window_size(int tty);  // {0, 0} when it is no terminal
void set_window_size(int tty, WindowSize size);

/// Make `tty` the controlling terminal; we must be a session leader without one.
void set_controlling_terminal(int tty);

/// The terminal passes every byte on as it is, until this object goes: then the old mode is back.
class RawMode {
 public:
  explicit RawMode(int tty);
  ~RawMode();
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;

 protected:
  RawMode(int tty, void (*change)(termios& mode));

 private:
  int tty_;
  termios saved_{};
};

/// Keys come at once and are not shown; signals and output stay as they were.
class KeyMode : public RawMode {
 public:
  explicit KeyMode(int tty);
};

}  // namespace lichen::sys
