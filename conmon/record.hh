// What the monitor writes for others to read: state.json, monitor.pid, the pid file, event lines. All best effort but
// named: a full disk must neither kill the container nor hide its end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libpod/wire/container_state.hh"
#include "libpod/wire/monitor_args.hh"

namespace lichen::conmon {

/// Replace container_dir/state.json. When there is no room for a second file the old one is overwritten in place (its
/// block is there already), so that "exited" gets through on a full disk. Not synced: see sync_state.
/// @throws Error{system} neither way worked
void write_state(const wire::MonitorConfig& config, const wire::ContainerState& state);
/// Make what write_state wrote survive a power cut. Done after answering, so that nobody waits for the disk.
void sync_state(const wire::MonitorConfig& config) noexcept;

/// run_dir/monitor.pid: "PID START_TIME\n" of this process.
void write_monitor_pid(const wire::MonitorConfig& config);

using EventAttributes = std::vector<std::pair<std::string, std::string>>;

/// The JSON line of one event, newline included.
std::string event_line(const wire::MonitorConfig& config, std::string_view time, std::string_view action,
                       const EventAttributes& attributes);
/// Append it to events_dir/YYYYMMDD.jsonl with one write. Nothing without events_dir; never throws.
void append_event(const wire::MonitorConfig& config, std::string_view action,
                  const EventAttributes& attributes = {}) noexcept;

}  // namespace lichen::conmon
