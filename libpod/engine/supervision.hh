// What the one who started lichen, systemd most of all, hands to a container: the socket of sd_notify(3), listening
// sockets of sd_listen_fds(3), and with the log driver passthrough its own standard streams.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "libpod/engine/engine.hh"
#include "libpod/spec/generate.hh"
#include "libpod/sys/unique_fd.hh"
#include "libpod/wire/monitor_args.hh"

namespace lichen::engine {

struct Supervision {
  sys::UniqueFd notify;         // connected to $NOTIFY_SOCKET; none: nobody asks, or --sdnotify ignore
  std::vector<int> listen_fds;  // ours, from 3 on
  std::string listen_names;     // $LISTEN_FDNAMES
  bool passes_stdio = false;
};

/// Reads the environment, and takes NOTIFY_SOCKET, LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES out of it: what we start
/// is not meant. Before the first process or namespace is made.
Supervision take_supervision(const spec::ContainerConfig& config);

/// Fill the monitor's fields, and put what it needs at the descriptors from `next` on. @return the next free number
int hand_over(const Supervision& supervision, const spec::ContainerConfig& config, wire::MonitorConfig& monitor,
              std::vector<std::pair<int, int>>& fds, int next);

/// What the container sees of it: variables, and the directory of the socket.
void show_in_container(const Supervision& supervision, const spec::ContainerConfig& config, const std::string& run_dir,
                       spec::HostFacts& facts);

}  // namespace lichen::engine
