#include "conmon/last_one.hh"

#include <chrono>

#include "libpod/base/error.hh"
#include "libpod/sys/socket.hh"
#include "libpod/wire/monitor_protocol.hh"

#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>

namespace lichen::conmon {
namespace {

// lichen-init ends at once on SIGTERM; what does not is killed after this.
constexpr std::int64_t kHolderEndsMs = 2000;
constexpr int kAnswerMs = 5000;

// Until the holder's monitor has gone, or says that its container has ended.
void await_end(int socket) {
  for (;;) {
    pollfd polled{socket, POLLIN, 0};
    if (::poll(&polled, 1, kAnswerMs) <= 0) return;
    const auto packet = sys::receive_packet(socket, wire::kMaxPacket);
    if (!packet) return;
    const auto message = wire::decode(packet->data);
    if (!message || message->type == wire::MessageType::exited || message->type == wire::MessageType::error) return;
  }
}

}  // namespace

void leave_pod(sys::UniqueFd lock, const std::string& holder_socket) {
  if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return;
  try {
    const auto socket = sys::connect_unix(holder_socket, SOCK_SEQPACKET);
    if (!socket) return;
    const wire::Message stop{.type = wire::MessageType::stop, .a = SIGTERM, .b = kHolderEndsMs, .text = ""};
    if (sys::send_packet(socket->get(), wire::encode(stop))) await_end(socket->get());
  } catch (const Error&) {
    // The holder stays: `pod stop` ends it.
  }
}

}  // namespace lichen::conmon
