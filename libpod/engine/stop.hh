// lichen stop, kill and wait.
#pragma once

#include <chrono>
#include <optional>

#include "libpod/engine/engine.hh"
#include "libpod/sys/unique_fd.hh"
#include "libpod/wire/container_state.hh"

namespace lichen::engine {

/// Stop: the signal, then SIGKILL after the timeout. A container that does not run is fine.
///
/// @param timeout_s  nullopt: the container's own; -1: wait for ever
/// @param signal     empty: the container's own
void stop_container(Engine& engine, const std::string& name_or_id, std::optional<std::int64_t> timeout_s,
                    const std::string& signal);

/// A container that was asked to end. Several are asked first and waited for then: each may take its ten seconds.
struct PendingStop {
  store::ContainerRecord record;
  std::optional<std::chrono::milliseconds> patience;
  std::optional<sys::UniqueFd> socket;  // none: it does not run
};
PendingStop begin_stop(Engine& engine, const std::string& name_or_id, std::optional<std::int64_t> timeout_s,
                       const std::string& signal);
/// The machine goes down: it is not the user who stops it, so `unless-stopped` brings it back. By SIGTERM to the
/// monitor, which systemd would send too.
PendingStop begin_stop_for_reboot(Engine& engine, const std::string& name_or_id);
void finish_stop(Engine& engine, PendingStop& stop);

/// What a monitor is told so that the container ends, with the rule about PID 1 without a handler applied.
struct StopOrder {
  int signal = 0;
  std::int64_t timeout_ms = 0;
};
StopOrder stop_order(const store::ContainerRecord& record, std::optional<std::int64_t> timeout_s,
                     const std::string& signal);

/// Send a signal. @throws Error{conflict} it does not run
void kill_container(Engine& engine, const std::string& name_or_id, const std::string& signal);

/// What `wait` waits for: any of these.
struct WaitConditions {
  std::vector<wire::ContainerStatus> states;
  std::vector<std::string> health;  // healthy, unhealthy
};
/// podman's words: created configured running paused stopped exited removing healthy unhealthy.
/// @throws Error{unsupported} one that containers of ours are never in
WaitConditions parse_wait_conditions(const std::vector<std::string>& words);

/// Wait for the end; gives the exit code. A container that has ended (or was never started: 0) answers at once, as
/// docker. With conditions that are not the end: until it is in one of these states; gives -1 unless that is the end,
/// as podman.
int wait_container(Engine& engine, const std::string& name_or_id, const WaitConditions& conditions = {});

}  // namespace lichen::engine
