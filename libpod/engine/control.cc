#include "libpod/engine/control.hh"

#include "libpod/base/error.hh"
#include "libpod/sys/socket.hh"

#include <poll.h>
#include <sys/socket.h>

namespace lichen::engine {

std::optional<sys::UniqueFd> connect_monitor(const Engine& engine, const std::string& id) {
  return sys::connect_unix(engine.paths.container_run(id) + "/ctl.sock", SOCK_SEQPACKET);
}

bool send_message(int socket, const wire::Message& message, int fd) {
  return sys::send_packet(socket, wire::encode(message), fd);
}

Answer receive_message(int socket, std::optional<std::chrono::milliseconds> timeout) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = timeout ? Clock::now() + *timeout : Clock::time_point::max();
  for (;;) {
    int wait_ms = -1;
    if (timeout) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
      wait_ms = left < 0 ? 0 : static_cast<int>(std::min<std::int64_t>(left, 1 << 30));
    }
    pollfd polled{socket, POLLIN, 0};
    const int ready = ::poll(&polled, 1, wait_ms);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) throw_errno("wait for the monitor");
    if (ready == 0) return {std::nullopt, true};
    auto packet = sys::receive_packet(socket, wire::kMaxPacket);
    if (!packet) return {};
    auto message = wire::decode(packet->data);
    if (!message) throw_error(ErrorKind::internal, "the monitor sent a packet that this lichen does not know");
    return {Received{*std::move(message), std::move(packet->fd)}, false};
  }
}

void throw_monitor_error(const wire::Message& message) {
  const auto parts = wire::split_error(message);
  Error error(ErrorKind::system, parts.text);
  error.with_hint(parts.hint);
  if (parts.kind == "not_executable") {
    error.with_kind(ErrorKind::permission).with_exit_code(126);
  } else if (parts.kind == "not_found_executable") {
    error.with_kind(ErrorKind::not_found).with_exit_code(127);
  } else {
    error.with_kind(error_kind_from_string(parts.kind));
  }
  throw error;
}

std::optional<Exited> await_exit(int socket, const std::string& id, std::optional<std::chrono::milliseconds> timeout) {
  for (;;) {
    const Answer answer = receive_message(socket, timeout);
    if (answer.timed_out)
      throw Error(ErrorKind::conflict, format("container {}: its monitor did not answer in time", id.substr(0, 12)))
          .with_hint(
              "the monitor process may be stopped: look for lichen-conmon in `ps aux`; `lichen kill` and `rm -f` work "
              "without it");
    if (!answer.received) return std::nullopt;
    const wire::Message& message = answer.received->message;
    if (message.type == wire::MessageType::error) throw_monitor_error(message);
    if (message.type == wire::MessageType::exited)
      return Exited{static_cast<int>(message.a), (message.b & wire::kExitedOom) != 0,
                    (message.b & wire::kExitedRemoved) != 0};
  }
}

std::optional<Exited> request_exit(const Engine& engine, const std::string& id, const wire::Message& request,
                                   std::optional<std::chrono::milliseconds> timeout) {
  const auto socket = connect_monitor(engine, id);
  if (!socket || !send_message(socket->get(), request)) return std::nullopt;
  return await_exit(socket->get(), id, timeout);
}

bool request_done(const Engine& engine, const std::string& id, const wire::Message& request) {
  const auto socket = connect_monitor(engine, id);
  if (!socket || !send_message(socket->get(), request)) return false;
  for (;;) {
    const Answer answer = receive_message(socket->get(), std::chrono::seconds(10));
    if (!answer.received) return false;
    if (answer.received->message.type == wire::MessageType::error) throw_monitor_error(answer.received->message);
    if (answer.received->message.type == wire::MessageType::done) return true;
  }
}

}  // namespace lichen::engine
