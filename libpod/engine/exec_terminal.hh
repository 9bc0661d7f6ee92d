// exec -t: the command's terminal, here.
#pragma once

#include <string>
#include <vector>

#include "libpod/engine/engine.hh"
#include "libpod/sys/pty.hh"

namespace lichen::engine {

struct TerminalExec {
  int program_fd = -1;            // lichen-oci, open where nobody can write to it (sys::open_program_readonly)
  std::vector<std::string> argv;  // its arguments, without --console-socket; process.json is descriptor 3
  int process_fd = -1;
  std::string socket_path;   // where the console socket may be made
  bool interactive = false;  // forward our standard input
  std::string detach_keys;   // bytes
};

/// The size of the terminal that our output goes to, or that our input comes from; zeros where neither is one.
sys::WindowSize callers_window_size();

/// Run it and carry bytes between our terminal (raw for that time) and the pty that the runtime sends, until the
/// command ends or the detach keys are typed (the command then goes on).
/// @return the command's exit code; 0 after the detach keys
int exec_with_terminal(const TerminalExec& exec);

}  // namespace lichen::engine
