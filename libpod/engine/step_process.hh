// One process in a container without a record and without a monitor: a RUN step of a build. It goes through lichen-oci
// like any container, on a stack of directories, and what it changes stays in an upper directory that becomes a layer.
//
//   builder ── fork ── worker: network, mounts, OCI spec ── lichen-oci run ── init ── the command
// Each dies with its parent, so a builder that is killed leaves nothing that runs. What lichen puts into the file
// system for its own mounts (mount points that the image lacks) is taken out again and never becomes part of the layer.
#pragma once

#include <string>
#include <vector>

#include "libpod/engine/engine.hh"
#include "libpod/engine/step_network.hh"

namespace lichen::engine {

/// What is bound into the container besides config.mounts: a descriptor, as its path is not to be trusted.
struct StepBind {
  sys::UniqueFd source;  // O_PATH
  std::string destination;
  bool read_only = true;
  /// Writes go to a layer of their own and are forgotten: --mount=type=bind,rw.
  bool discards_writes = false;
};

struct StepSecret {
  std::string value;
  std::string destination;
  std::uint32_t mode = 0400, uid = 0, gid = 0;
};

struct StepProcess {
  spec::ContainerConfig config;    // what runs: command, env, user, working_dir, security, resources, tmpfs mounts
  std::string driver;              // choose_storage_driver()
  std::vector<std::string> lower;  // topmost first; may be /proc/self/fd/N
  std::string upper;               // exists
  std::string workspace;           // an empty directory on the same file system
  std::vector<StepBind> binds;
  std::vector<StepSecret> secrets;
  std::vector<std::string> secret_env;   // "NAME=value"
  const StepNetwork* network = nullptr;  // nullptr: no network at all
};

/// Run it to its end; standard streams are the caller's.
/// @return its exit code (128 + n for signal n; 126 and 127 as docker has them)
/// @stage in a child with a mount namespace of its own, in U0
int run_step_process(Engine& engine, StepProcess step);

}  // namespace lichen::engine
