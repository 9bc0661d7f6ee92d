#include "libpod/runtime/handshake.hh"

#include "libpod/sys/socket.hh"
#include "libpod/wire/runtime_cli.hh"

namespace lichen::runtime {

bool Handshake::send(Step step, std::string_view payload) const {
  std::string packet(1, static_cast<char>(step));
  packet += payload;
  return sys::send_packet(socket_.get(), packet);
}

void Handshake::send_error(const Error& error) const {
  send(Step::error, encode(wire::StartFailure{exit_code_of(error), std::string(to_string(error.kind())), error.what(),
                                              error.hint()}));
}

std::string Handshake::expect(Step step) const {
  const auto packet = sys::receive_packet(socket_.get(), wire::kMaxStartReply + 1);
  if (!packet) throw_error(ErrorKind::interrupted, "set up the container: its first process ended unexpectedly");
  const Step got = static_cast<Step>(packet->data.at(0));
  std::string payload = packet->data.substr(1);
  if (got == Step::error) {
    const auto failure = wire::decode_start_failure(payload);
    StartError error(error_kind_from_string(failure.kind), failure.text, failure.exit_code);
    error.with_hint(failure.hint);
    throw error;
  }
  LICHEN_ASSERT(got == step);
  return payload;
}

int exit_code_of(const Error& error) {
  const auto* start = dynamic_cast<const StartError*>(&error);
  return start != nullptr ? start->exit_code() : wire::kExitOurError;
}

}  // namespace lichen::runtime
