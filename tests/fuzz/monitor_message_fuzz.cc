// links: wire base
// Packets on a monitor's socket: decode never fails but by nullopt, and encode gives the packet back.
#include "libpod/wire/monitor_protocol.hh"
#include "tests/fuzz/fuzz.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lichen;
  const auto message = wire::decode(fuzz::as_text(data, size));
  if (!message) return 0;
  const auto again = wire::decode(wire::encode(*message));
  fuzz::require(again.has_value());
  fuzz::require(again->type == message->type && again->a == message->a && again->b == message->b &&
                again->text == message->text);
  if (message->type == wire::MessageType::error) wire::split_error(*message);
  return 0;
}
