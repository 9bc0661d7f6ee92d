// What happened to a container: the content of containers/<id>/state.json. The engine writes it while no monitor lives,
// the monitor while it lives; so there is one writer at any time. "running" in the file with no monitor alive means
// that the monitor was killed or the machine rebooted: readers turn that into `exited` (see store/container_store). It
// lives in wire/ because it is the contract between lichen-conmon and the engine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libpod/base/json.hh"

namespace lichen::wire {

enum class ContainerStatus { created, running, paused, restarting, removing, exited };
std::string_view to_string(ContainerStatus status);
/// Running or paused: `pid` is its first process.
bool has_process(ContainerStatus status);
/// That, or between two runs: a monitor keeps its network and its mounts.
bool is_active(ContainerStatus status);

struct ContainerState {
  ContainerStatus status = ContainerStatus::created;
  std::int64_t pid = 0;         // of the init process, in the host's pid namespace; 0 = none
  std::uint64_t pid_start = 0;  // field 22 of /proc/PID/stat: with the pid, names one process
  std::int64_t monitor_pid = 0;
  std::int64_t exit_code = 0;  // 0..255; 128+n for signal n
  bool oom_killed = false;
  std::string error;       // why it could not start, or was lost
  std::string started_at;  // RFC 3339; empty = never
  std::string finished_at;
  std::int64_t restart_count = 0;
  bool stopped_by_user = false;    // stop or kill was asked for: restart policies look at it
  std::string health;              // starting, healthy or unhealthy; empty: it has no health check
  std::string boot_id;             // of the boot in which `status` was written
  std::vector<std::string> ports;  // published ports as they really are: "0.0.0.0:8080:80/tcp"
};

Json to_json(const ContainerState& state);
/// The same document as text, made without the JSON library: the monitor's memory counts.
std::string state_text(const ContainerState& state);
ContainerState container_state_from_json(const Json& json, std::string_view what);

}  // namespace lichen::wire
