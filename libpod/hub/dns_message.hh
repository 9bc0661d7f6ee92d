// Questions and answers of the domain name system, as much of them as a server of addresses needs: one question in, its
// answer out (RFC 1035, section 4.1; RFC 6891 for sizes). Packets are read and names written by the C library's own
// resolver (<arpa/nameser.h>). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libpod/spec/ip_network.hh"

namespace lichen::hub {

inline constexpr std::size_t kPlainAnswer = 512;  // what goes over UDP unless the asker takes more

enum class DnsCode : std::uint8_t { fine = 0, bad_format = 1, failed = 2, no_such_name = 3, not_done = 4, refused = 5 };

struct DnsQuery {
  std::uint16_t id = 0;
  DnsCode trouble = DnsCode::fine;  // not fine: that is the answer, and there is no question
  std::string name;                 // as asked, without the last dot; special characters as \DDD
  std::uint16_t type = 0, klass = 0;
  bool has_edns = false;
  std::size_t answer_limit = kPlainAnswer;  // over UDP
};

/// nullopt: nothing that may be answered (a stray, or an answer itself: two servers would talk for ever).
std::optional<DnsQuery> read_dns_query(std::string_view packet);

/// Letters small, for looking up (RFC 4343).
std::string lower_name(std::string_view name);
/// The address of "2.0.17.172.in-addr.arpa" and its like for IPv6.
std::optional<spec::IpAddress> address_of_reverse_name(std::string_view lower);

struct DnsAnswer {
  DnsCode code = DnsCode::fine;
  std::vector<spec::IpAddress> addresses;  // A and AAAA records, by their family
  std::string pointer;                     // PTR record; "" for none
};
/// @param limit  bytes; a longer one is cut to none, and says so: the asker comes again over TCP
std::string write_dns_answer(const DnsQuery& query, const DnsAnswer& answer, std::size_t limit);

/// Whether `packet` answers a query with this id and this question. @param query  the packet that was sent
bool is_answer_to(std::string_view packet, std::string_view query);
/// The packet with another id. @pre of two bytes at least
std::string with_dns_id(std::string packet, std::uint16_t id);

}  // namespace lichen::hub
