// The parent side of `create` and `run`, as one flat list of steps. What it makes is undone when a step fails.
#pragma once

#include "libpod/runtime/handshake.hh"
#include "libpod/runtime/options.hh"
#include "libpod/runtime/state_file.hh"
#include "libpod/spec/oci_spec.hh"
#include "libpod/sys/process.hh"

namespace lichen::runtime {

struct CreatedContainer {
  ContainerRecord record;
  sys::Pid init;
  Handshake handshake;     // with `start_at_once`: the start is asked for here
  sys::UniqueFd terminal;  // master, when a terminal is wanted and nobody gave a console socket
  spec::OciHooks hooks;
};

/// @param start_at_once  `run`: init waits for its start on the handshake instead of start.sock
CreatedContainer create_container(const Options& options, bool start_at_once);

}  // namespace lichen::runtime
