#include "libpod/runtime/start_socket.hh"

#include "libpod/runtime/handshake.hh"
#include "libpod/sys/socket.hh"
#include "libpod/wire/runtime_cli.hh"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lichen::runtime {
namespace {

// The creator has ended and we have a new parent: its death is ours from now on. Checked after the call, for it may be
// dead already.
void tie_to_subreaper(int subreaper) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  pollfd polled{subreaper, POLLIN, 0};
  if (::poll(&polled, 1, 0) > 0) ::_exit(1);
}

// nullopt when it closed without a request: somebody only looked.
bool is_request(int connection) {
  pollfd polled{connection, POLLIN, 0};
  if (::poll(&polled, 1, 1000) <= 0) return false;
  const auto packet = sys::receive_packet(connection, 16);
  return packet && packet->data == wire::kStartRequest;
}

void wait_for_end(int pidfd) {
  pollfd ended{pidfd, POLLIN, 0};
  while (::poll(&ended, 1, -1) < 0 && errno == EINTR) {
  }
}

}  // namespace

sys::UniqueFd wait_for_start_request(int listener, int creator, int subreaper) {
  for (;;) {
    pollfd polled[] = {{listener, POLLIN, 0}, {creator, POLLIN, 0}, {creator < 0 ? subreaper : -1, POLLIN, 0}};
    if (::poll(polled, 3, -1) < 0) {
      if (errno == EINTR) continue;
      throw_errno("wait for the start");
    }
    if (polled[2].revents != 0) ::_exit(1);
    if (creator >= 0) {
      // A request that is faster than the creator's end waits for it: the tie must be there before the program runs.
      if (polled[1].revents == 0) wait_for_end(creator);
      tie_to_subreaper(subreaper);
      creator = -1;
    }
    if (polled[0].revents == 0) continue;
    sys::UniqueFd connection(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    if (connection && is_request(connection.get())) return connection;
  }
}

void send_start_failure(int connection, const Error& error) {
  sys::send_packet(connection, encode(wire::StartFailure{exit_code_of(error), std::string(to_string(error.kind())),
                                                         error.what(), error.hint()}));
}

void request_start(const std::string& container_dir, const std::string& id) {
  const auto connection = sys::connect_unix(container_dir + "/" + std::string(wire::kStartSocket), SOCK_SEQPACKET);
  if (!connection || !sys::send_packet(connection->get(), wire::kStartRequest))
    throw_error(ErrorKind::conflict, "start container '{}': it is not in the state created", id);
  std::string buffer(wire::kMaxStartReply, '\0');
  ssize_t count = 0;
  while ((count = ::recv(connection->get(), buffer.data(), buffer.size(), 0)) < 0 && errno == EINTR) {
  }
  if (count < 0) throw_error(ErrorKind::conflict, "start container '{}': it was started by another request", id);
  if (count == 0) return;
  const auto failure = wire::decode_start_failure(std::string_view(buffer).substr(0, static_cast<std::size_t>(count)));
  StartError error(error_kind_from_string(failure.kind), failure.text, failure.exit_code);
  error.with_hint(failure.hint);
  throw error;
}

}  // namespace lichen::runtime
