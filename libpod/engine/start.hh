// lichen start, and the second half of run.
#pragma once

#include "libpod/engine/create.hh"
#include "libpod/engine/monitor_launch.hh"

namespace lichen::engine {

/// What follows a start in the foreground.
struct AttachOptions {
  bool in = false, out = false, err = false;
  bool tty = false;
  std::string detach_keys;  // bytes, already parsed
  bool sig_proxy = true;
};

struct RunOutcome {
  int exit_code = 0;
  bool detached = false;
};

/// Start a container that was made by create_container and is not published. With `attach` wait for its end.
RunOutcome run_created(Engine& engine, CreatedContainer created, const AttachOptions* attach);

/// Start an existing container. One that runs already is left as it is (docker).
/// @throws Error{conflict} it is paused or being removed
RunOutcome start_container(Engine& engine, const std::string& name_or_id, const AttachOptions* attach);

/// Attach to a running container.
RunOutcome attach_container(Engine& engine, const std::string& name_or_id, const AttachOptions& attach);

}  // namespace lichen::engine
