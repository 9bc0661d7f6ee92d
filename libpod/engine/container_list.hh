// lichen ps.
#pragma once

#include <string>
#include <vector>

#include "libpod/engine/container_summary.hh"

namespace lichen::engine {

struct ContainerListRequest {
  bool all = false;
  std::int64_t last = -1;  // -n, and 1 for -l; -1: no limit. Implies all
  bool size = false;
  bool no_trunc = false;
  bool brief =
      false;  // rows have only what docker's own table shows: ID Image Command RunningFor Status Ports Names Size
  bool namespaces = false;  // look up Namespaces, MNT, NET, ... of those that run
  std::vector<std::string> filters;
  std::string sort;  // "" newest first; command created id image names runningfor size status
};

/// The containers to show, in the order to show them. A filter for a status implies all, as in docker.
/// @throws Error{usage} an unknown filter or value; Error{not_found} before or since names no container
std::vector<ContainerSummary> list_containers(Engine& engine, const ContainerListRequest& request,
                                              const OnDamaged& on_damaged);

/// One object per container. Members are docker's placeholders (Command CreatedAt ID Image Labels LocalVolumes Mounts
/// Names Networks Ports RunningFor Size State Status) and podman's (AutoRemove CIDFile Created CreatedHuman ExitCode
/// Exited ImageID Pid Pod Restarts StartedAt ...), HealthStatus and Platform. Size is "0B" and the namespaces (CGROUPNS
/// IPC MNT NET PIDNS USERNS UTS) are empty unless asked for.
std::vector<Json> container_rows(Engine& engine, const std::vector<ContainerSummary>& containers,
                                 const ContainerListRequest& request);

/// Bytes of what a container has written, and of its image. @stage in U0: its files may belong to others
struct ContainerSize {
  std::int64_t written = 0, image = 0;
};
ContainerSize container_size(Engine& engine, const spec::ContainerConfig& config);

}  // namespace lichen::engine
