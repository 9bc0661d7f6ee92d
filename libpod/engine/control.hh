// Talking to a container's monitor: requests over ctl.sock and their answers (wire/monitor_protocol.hh).
#pragma once

#include <chrono>
#include <optional>

#include "libpod/engine/engine.hh"
#include "libpod/wire/monitor_protocol.hh"

namespace lichen::engine {

/// A connection to the monitor of `id`; nullopt when no monitor lives.
std::optional<sys::UniqueFd> connect_monitor(const Engine& engine, const std::string& id);

/// false when the monitor is gone.
bool send_message(int socket, const wire::Message& message, int fd = -1);

struct Received {
  wire::Message message;
  sys::UniqueFd fd;
};
/// The next message. nullopt at the end of the connection or after `timeout` (then `timed_out` is true).
struct Answer {
  std::optional<Received> received;
  bool timed_out = false;
};
Answer receive_message(int socket, std::optional<std::chrono::milliseconds> timeout);

/// Turn an `error` message into the Error that it carries; exit codes 126 and 127 included.
[[noreturn]] void throw_monitor_error(const wire::Message& message);

/// How a container ended, as its monitor tells.
struct Exited {
  int code = 0;
  bool oom_killed = false;
  bool removed = false;
};

/// Wait for `exited` on a connection. nullopt: the monitor went without a word.
/// @throws Error{conflict} no answer within `timeout`
std::optional<Exited> await_exit(int socket, const std::string& id, std::optional<std::chrono::milliseconds> timeout);

/// Send `request` to the monitor and wait for `exited`. nullopt when there is no monitor or it goes without a word:
/// look at the record then. @throws Error{conflict} no answer within `timeout`
std::optional<Exited> request_exit(const Engine& engine, const std::string& id, const wire::Message& request,
                                   std::optional<std::chrono::milliseconds> timeout);

/// Send `request` and wait for `done`; false when no monitor lives. @throws the monitor's error
bool request_done(const Engine& engine, const std::string& id, const wire::Message& request);

}  // namespace lichen::engine
