#include "libpod/wire/monitor_protocol.hh"

#include <cstring>

#include "libpod/base/strings.hh"

namespace lichen::wire {
namespace {

bool is_known(std::uint8_t type) { return (type >= 1 && type <= 18) || (type >= 64 && type <= 73); }

// Stream data is the bulk of all packets and has no numbers.
bool has_numbers(MessageType type) {
  return type != MessageType::stdin_data && type != MessageType::out && type != MessageType::err &&
         type != MessageType::error;
}

void append_number(std::string& out, std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  for (int i = 0; i < 8; ++i) out += static_cast<char>((bits >> (8 * i)) & 0xFF);
}

std::int64_t read_number(std::string_view bytes) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < 8; ++i)
    bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return static_cast<std::int64_t>(bits);
}

}  // namespace

std::string encode(const Message& message) {
  std::string packet(1, static_cast<char>(message.type));
  if (has_numbers(message.type)) {
    append_number(packet, message.a);
    append_number(packet, message.b);
  }
  packet += message.text;
  return packet;
}

std::optional<Message> decode(std::string_view packet) {
  if (packet.empty() || packet.size() > kMaxPacket || !is_known(static_cast<std::uint8_t>(packet[0])))
    return std::nullopt;
  Message message;
  message.type = static_cast<MessageType>(packet[0]);
  packet.remove_prefix(1);
  if (has_numbers(message.type)) {
    if (packet.size() < 16) return std::nullopt;
    message.a = read_number(packet);
    message.b = read_number(packet.substr(8));
    packet.remove_prefix(16);
  }
  message.text = packet;
  return message;
}

Message make_error(std::string_view kind, std::string_view text, std::string_view hint) {
  Message message{.type = MessageType::error, .text = std::string(kind)};
  message.text += '\0';
  message.text += text.substr(0, kMaxData);
  message.text += '\0';
  message.text += hint.substr(0, kMaxData / 4);
  return message;
}

ErrorText split_error(const Message& message) {
  auto parts = split_n(message.text, '\0', 3);
  parts.resize(3);
  return {parts[0], parts[1], parts[2]};
}

}  // namespace lichen::wire
