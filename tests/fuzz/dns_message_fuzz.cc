// links: hub spec base
// Packets that a container sends to the server of names, and what an outside server sends back.
#include "libpod/hub/dns_message.hh"
#include "tests/fuzz/fuzz.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lichen;
  const std::string packet(reinterpret_cast<const char*>(data), size);
  const auto query = hub::read_dns_query(packet);
  if (!query) return 0;
  hub::DnsAnswer answer;
  answer.addresses = {*spec::IpAddress::parse("10.0.0.1"), *spec::IpAddress::parse("fd00::1")};
  answer.pointer = "db";
  const std::string said = hub::write_dns_answer(*query, answer, query->answer_limit);
  if (said.size() > query->answer_limit) __builtin_trap();
  hub::address_of_reverse_name(hub::lower_name(query->name));
  // What we answer to a sound question is an answer to it.
  if (query->trouble == hub::DnsCode::fine && said.size() > 12 && !hub::is_answer_to(said, packet)) __builtin_trap();
  hub::is_answer_to(packet, said);
  return 0;
}
