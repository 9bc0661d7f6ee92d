// The client side of run, start -a and attach: our terminal or pipes on one side, the monitor on the other.
//
// Theory of operation. One poll loop. Never more than one packet is held in each direction: what our reader does not
// take is not read from the monitor (which then paces the container), what the container does not take is not read from
// our standard input (credits: wire::kStdinWindow). Standard output is written without blocking wherever the kernel
// allows, so signals and resizes go through while a pager does not read. Signals arrive by signalfd: the terminal's
// mode is restored on every way out.
#pragma once

#include <string>

#include "libpod/sys/unique_fd.hh"

namespace lichen::engine {

struct AttachClientOptions {
  bool tty = false;  // the container has a terminal: ours goes raw, its size is passed on
  bool forward_stdin = false;
  bool sig_proxy = true;    // signals that we get are for the container
  std::string detach_keys;  // bytes; only looked for with tty: piped data may hold any byte
  int in = 0, out = 1, err = 2;
};

struct AttachResult {
  int exit_code = 0;
  bool detached = false;  // the detach keys were typed; the container goes on
  bool oom_killed = false;
  bool removed = false;
};

/// Pump until the container ends or the user leaves.
///
/// @param socket  connected to the monitor, `attach` (and `started`, for a starter) already exchanged
/// @throws Error{not_found} the monitor went without saying how the container ended: its record may tell
/// @throws Error{system} our own streams fail. A broken pipe at standard output and, without sig_proxy, signals end the
/// process as
///         they would any other, after the terminal was restored
AttachResult run_attach_client(sys::UniqueFd socket, const AttachClientOptions& options);

}  // namespace lichen::engine
