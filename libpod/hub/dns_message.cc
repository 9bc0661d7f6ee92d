#include "libpod/hub/dns_message.hh"

#include <algorithm>

#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"

#include <arpa/nameser.h>
#include <resolv.h>

namespace lichen::hub {
namespace {

// Whoever moves to another address is asked for again soon.
constexpr std::uint32_t kTimeToLive = 5;
constexpr std::size_t kLargestAnswer = 65535;
constexpr std::uint16_t kOurSize = 4096;

constexpr std::uint16_t kResponse = 0x8000, kAuthoritative = 0x0400, kTruncated = 0x0200, kRecursionDesired = 0x0100,
                        kRecursionAvailable = 0x0080;

std::uint16_t get16(std::string_view packet, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(packet[at]) << 8 |
                                    static_cast<unsigned char>(packet[at + 1]));
}

void put16(std::string& out, unsigned value) {
  out += static_cast<char>(value >> 8 & 0xff);
  out += static_cast<char>(value & 0xff);
}

void put32(std::string& out, std::uint32_t value) {
  put16(out, value >> 16);
  put16(out, value & 0xffff);
}

// @return empty: no name that can be written
std::string wire_name(const std::string& name) {
  u_char buffer[NS_MAXCDNAME];
  const int size = ::ns_name_pton(name.empty() ? "." : name.c_str(), buffer, sizeof buffer);
  if (size < 0) return {};
  // It says whether the name was complete, not how long it is: labels up to the empty one (RFC 1035, 3.1).
  std::size_t at = 0;
  while (at < sizeof buffer && buffer[at] != 0) at += buffer[at] + 1U;
  return at < sizeof buffer ? std::string(reinterpret_cast<const char*>(buffer), at + 1) : std::string();
}

bool open_message(std::string_view packet, ns_msg& message) {
  return ::ns_initparse(reinterpret_cast<const u_char*>(packet.data()), static_cast<int>(packet.size()), &message) == 0;
}

bool read_question(ns_msg& message, DnsQuery& query) {
  ns_rr question;
  if (ns_msg_count(message, ns_s_qd) != 1 || ::ns_parserr(&message, ns_s_qd, 0, &question) != 0) return false;
  query.name = ns_rr_name(question);
  if (query.name.ends_with('.')) query.name.pop_back();
  query.type = static_cast<std::uint16_t>(ns_rr_type(question));
  query.klass = static_cast<std::uint16_t>(ns_rr_class(question));
  return true;
}

void read_edns(ns_msg& message, DnsQuery& query) {
  for (int i = 0; i < ns_msg_count(message, ns_s_ar); ++i) {
    ns_rr record;
    if (::ns_parserr(&message, ns_s_ar, i, &record) != 0 || ns_rr_type(record) != ns_t_opt) continue;
    query.has_edns = true;
    query.answer_limit = std::clamp<std::size_t>(ns_rr_class(record), kPlainAnswer, kOurSize);  // RFC 6891, 6.2.5
  }
}

void put_record(std::string& out, std::uint16_t type, std::string_view data) {
  put16(out, 0xc000 | NS_HFIXEDSZ);  // the name of the question, RFC 1035, 4.1.4
  put16(out, type);
  put16(out, ns_c_in);
  put32(out, kTimeToLive);
  put16(out, static_cast<unsigned>(data.size()));
  out += data;
}

std::string header(const DnsQuery& query, unsigned flags, unsigned questions, unsigned answers) {
  std::string out;
  put16(out, query.id);
  put16(out, kResponse | kRecursionDesired | kRecursionAvailable | flags);
  put16(out, questions);
  put16(out, answers);
  put16(out, 0);
  put16(out, query.has_edns ? 1 : 0);
  return out;
}

// RFC 6891, 6.1.2: an empty name, our size, no extended code or flags.
void put_edns(std::string& out) {
  out += '\0';
  put16(out, ns_t_opt);
  put16(out, kOurSize);
  put32(out, 0);
  put16(out, 0);
}

}  // namespace

std::optional<DnsQuery> read_dns_query(std::string_view packet) {
  if (packet.size() < NS_HFIXEDSZ || packet.size() > kLargestAnswer) return std::nullopt;
  DnsQuery query;
  query.id = get16(packet, 0);
  const unsigned flags = get16(packet, 2);
  if ((flags & kResponse) != 0) return std::nullopt;
  if ((flags >> 11 & 15) != ns_o_query) {
    query.trouble = DnsCode::not_done;
    return query;
  }
  ns_msg message;
  if (!open_message(packet, message) || !read_question(message, query)) {
    query.name.clear();
    query.trouble = DnsCode::bad_format;
    return query;
  }
  read_edns(message, query);
  return query;
}

std::string lower_name(std::string_view name) {
  std::string out(name);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::optional<spec::IpAddress> address_of_reverse_name(std::string_view lower) {
  constexpr std::string_view kV4 = ".in-addr.arpa", kV6 = ".ip6.arpa";
  const bool v6 = lower.ends_with(kV6);
  if (!v6 && !lower.ends_with(kV4)) return std::nullopt;
  auto labels = split(lower.substr(0, lower.size() - (v6 ? kV6 : kV4).size()), '.');
  if (labels.size() != (v6 ? 32U : 4U)) return std::nullopt;
  std::reverse(labels.begin(), labels.end());
  if (!v6) return spec::IpAddress::parse(join(labels, "."));
  std::string text;  // a nibble each, RFC 3596, 2.5
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i].size() != 1) return std::nullopt;
    if (i != 0 && i % 4 == 0) text += ':';
    text += labels[i];
  }
  return spec::IpAddress::parse(text);
}

std::string write_dns_answer(const DnsQuery& query, const DnsAnswer& answer, std::size_t limit) {
  const auto code = static_cast<unsigned>(query.trouble == DnsCode::fine ? answer.code : query.trouble);
  const std::string name = query.trouble == DnsCode::fine ? wire_name(query.name) : std::string();
  if (name.empty()) return header(query, code, 0, 0);
  std::string question = name;
  put16(question, query.type);
  put16(question, query.klass);

  std::string records;
  unsigned count = 0;
  for (const auto& address : answer.addresses) {
    put_record(records, address.v6 ? ns_t_aaaa : ns_t_a, address.raw());
    ++count;
  }
  if (const std::string pointer = answer.pointer.empty() ? "" : wire_name(answer.pointer); !pointer.empty()) {
    put_record(records, ns_t_ptr, pointer);
    ++count;
  }
  std::string edns;
  if (query.has_edns) put_edns(edns);
  std::string out = header(query, code | kAuthoritative, 1, count) + question + records + edns;
  if (out.size() <= std::min(limit, kLargestAnswer)) return out;
  return header(query, code | kAuthoritative | kTruncated, 1, 0) + question + edns;
}

bool is_answer_to(std::string_view packet, std::string_view query) {
  ns_msg asked, said;
  DnsQuery question, repeated;
  return packet.size() >= NS_HFIXEDSZ && query.size() >= NS_HFIXEDSZ && get16(packet, 0) == get16(query, 0) &&
         (get16(packet, 2) & kResponse) != 0 && open_message(query, asked) && open_message(packet, said) &&
         read_question(asked, question) && read_question(said, repeated) && question.type == repeated.type &&
         question.klass == repeated.klass && lower_name(question.name) == lower_name(repeated.name);
}

std::string with_dns_id(std::string packet, std::uint16_t id) {
  packet[0] = static_cast<char>(id >> 8);
  packet[1] = static_cast<char>(id & 0xff);
  return packet;
}

}  // namespace lichen::hub
