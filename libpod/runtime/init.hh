// The child side: from a fresh process in new namespaces to the container's program, as one flat list of steps.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "libpod/runtime/handshake.hh"
#include "libpod/runtime/seccomp.hh"
#include "libpod/runtime/state_file.hh"
#include "libpod/spec/oci_spec.hh"

namespace lichen::runtime {

/// What init inherits from `create`; descriptors are borrowed and close with the process.
struct InitPlan {
  const spec::OciSpec* spec = nullptr;
  const SeccompFilter* seccomp = nullptr;
  std::string id;
  std::string rootfs;      // absolute
  ContainerRecord record;  // for the state document of hooks; its pid comes with `go`
  int handshake = -1;
  int creator_end = -1;  // our copy of the creator's end of the handshake: closed first, or its death is no end of file
  int listener = -1;     // start.sock
  int console_socket = -1;   // -1: no terminal, or `terminal_to_parent`
  int creator_pidfd = -1;    // the process that runs `create`
  int subreaper_pidfd = -1;  // its parent, with --die-with-parent
  std::vector<std::pair<int, int>>
      late_joins;        // {namespace, clone flag} that need the privileges of the new user namespace
  int late_unshare = 0;  // namespaces to make after the cgroup was entered
  bool wait_for_go = false;
  bool runtime_hooks = false;       // prestart or createRuntime hooks run between namespaces_ready and hooks_done
  bool new_user_namespace = false;  // made or joined: not the creator's
  bool own_mount_namespace = false;
  bool own_uts_namespace = false;
  bool own_cgroup_namespace = false;
  bool new_keyring = true;
  bool die_with_parent = false;
  bool start_at_once = false;  // `run`: the parent is the one who starts, over the handshake socket
  int preserve_fds = 0;
};

/// Never returns but by _exit or execve; errors go through the handshake, or to who asked for the start.
int run_init(const InitPlan& plan);

}  // namespace lichen::runtime
