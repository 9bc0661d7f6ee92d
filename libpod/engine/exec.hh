// lichen exec: a further process in a running container.
#pragma once

#include <optional>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct ExecRequest {
  std::vector<std::string> command;
  std::vector<std::string> env;  // "NAME=value"
  std::string user;              // empty: the container's
  std::string working_dir;       // empty: the container's
  bool tty = false;
  bool interactive = false;
  bool privileged = false;
  bool detach = false;
  std::string detach_keys;  // bytes
};

/// Run it in the foreground and give its exit code; with `detach` the monitor runs it and this returns at once.
///
/// Without a terminal this process becomes the OCI runtime's `exec` (no lock, no record, no process in between) and
/// does not return.
/// @throws Error{conflict} the container does not run
int exec_in_container(Engine& engine, const std::string& name_or_id, const ExecRequest& request);

}  // namespace lichen::engine
