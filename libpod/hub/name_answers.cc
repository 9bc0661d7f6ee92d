#include "libpod/hub/name_answers.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/hub/hub_child.hh"
#include "libpod/sys/socket.hh"

#include <arpa/nameser.h>
#include <sys/random.h>

namespace lichen::hub {
namespace {

constexpr std::size_t kMaxDatagram = 4096;
constexpr int kDatagramsAtOnce = 64;  // then others have their turn
// With these and 256 connections below 1024 descriptors, which many users' limit is.
constexpr std::size_t kMaxForwards = 512, kMaxForwardsOfMember = 128;
constexpr std::size_t kMaxConnections = 256, kMaxConnectionsOfMember = 32;
constexpr std::size_t kMaxMessage = 65535;  // RFC 1035, 4.2.2: two bytes of length
constexpr std::chrono::seconds kServerTimeout{4}, kIdle{10};

template <class Map>
std::size_t count_of(const Map& map, const std::string& member) {
  return static_cast<std::size_t>(
      std::ranges::count_if(map, [&](const auto& row) { return row.second.member == member; }));
}

std::uint16_t random_number() {
  std::uint16_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != sizeof number) throw_errno("get a random number");
  return number;
}

std::string with_length(const std::string& packet) {
  std::string out;
  out += static_cast<char>(packet.size() >> 8 & 0xff);
  out += static_cast<char>(packet.size() & 0xff);
  return out + packet;
}

// Takes one message from the front of a stream; nullopt: it is not whole yet.
std::optional<std::string> take_message(std::string& stream) {
  if (stream.size() < 2) return std::nullopt;
  const std::size_t size =
      static_cast<std::size_t>(static_cast<unsigned char>(stream[0])) << 8 | static_cast<unsigned char>(stream[1]);
  if (stream.size() < 2 + size) return std::nullopt;
  std::string message = stream.substr(2, size);
  stream.erase(0, 2 + size);
  return message;
}

// @return false: the other side has ended, or there is an error
bool read_more(int socket, std::string& buffer, std::size_t limit) {
  char bytes[16384];
  for (;;) {
    const ssize_t size = ::recv(socket, bytes, sizeof bytes, MSG_DONTWAIT);
    if (size > 0) buffer.append(bytes, static_cast<std::size_t>(size));
    if (size > 0 && buffer.size() < limit) continue;
    return size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR));
  }
}

}  // namespace

NameAnswers::NameAnswers(sys::UniqueFd control) : control_(std::move(control)) {
  for (const bool v6 : {false, true}) listen(v6);
  loop_.watch(control_.get(), EPOLLIN, [this](std::uint32_t) { take_order(); });
  loop_.drop_when_idle(kQuiet, {});
}

void NameAnswers::listen(bool v6) {
  auto datagrams = open_name_socket(v6, SOCK_DGRAM);
  auto streams = open_name_socket(v6, SOCK_STREAM);
  if (!datagrams || !streams) return;
  loop_.watch(datagrams.get(), EPOLLIN, [this, fd = datagrams.get()](std::uint32_t) { read_datagrams(fd); });
  loop_.watch(streams.get(), EPOLLIN, [this, fd = streams.get()](std::uint32_t) { accept(fd); });
  sockets_.push_back(std::move(datagrams));
  sockets_.push_back(std::move(streams));
}

void NameAnswers::take_order() {
  const auto packet = sys::receive_packet(control_.get(), wire::kMaxHubPacket);
  if (!packet) return loop_.stop();
  try {
    const Json order = parse_json(packet->data, "order");
    if (order.contains("set"))
      table_.set(wire::hub_member_from_json(order["set"], "order"));
    else
      table_.drop(JsonView(order, "order:").at("drop").as_string());
  } catch (const Error& error) {
    log_debug("{}", error.what());
  }
  if (!sys::send_packet(control_.get(), "k")) loop_.stop();
}

void NameAnswers::read_datagrams(int socket) {
  DatagramPath path;
  for (int i = 0; i < kDatagramsAtOnce; ++i) {
    const auto packet = receive_datagram(socket, kMaxDatagram, path);
    if (!packet) return;
    answer(address_of(path.peer), *packet, /*stream=*/false,
           [socket, path](const std::string& reply) { send_datagram(socket, reply, path); });
  }
}

void NameAnswers::answer(const spec::IpAddress& from, const std::string& packet, bool stream, Reply reply) {
  const auto query = read_dns_query(packet);
  if (!query) return;
  const std::size_t limit = stream ? kMaxMessage : query->answer_limit;
  const wire::HubMember* asker = table_.member_at(from);
  if (query->trouble != DnsCode::fine || asker == nullptr) {
    DnsAnswer refusal;
    refusal.code = DnsCode::refused;
    return reply(write_dns_answer(*query, refusal, limit));
  }
  if (const auto own = own_answer(*asker, *query)) return reply(write_dns_answer(*query, *own, limit));
  forward(*asker, *query, packet, stream, std::move(reply));
}

std::optional<DnsAnswer> NameAnswers::own_answer(const wire::HubMember& asker, const DnsQuery& query) {
  const std::string name = lower_name(query.name);
  DnsAnswer answer;
  if (query.klass == ns_c_in) {
    if (const auto found = table_.addresses(asker, name)) {
      const auto is_wanted = [&](const spec::IpAddress& address) {
        return query.type == ns_t_any || query.type == (address.v6 ? ns_t_aaaa : ns_t_a);
      };
      std::ranges::copy_if(*found, std::back_inserter(answer.addresses), is_wanted);
      if (!answer.addresses.empty())
        std::rotate(answer.addresses.begin(),
                    answer.addresses.begin() + static_cast<std::ptrdiff_t>(turn_++ % answer.addresses.size()),
                    answer.addresses.end());
      return answer;
    }
    if (const auto address = address_of_reverse_name(name)) {
      answer.pointer = query.type == ns_t_ptr || query.type == ns_t_any ? table_.name_of(asker, *address) : "";
      if (!answer.pointer.empty()) return answer;
      answer.code = DnsCode::no_such_name;
      if (NameTable::is_near(asker, *address)) return answer;
    }
  }
  answer.code = DnsCode::no_such_name;
  return NameTable::servers(asker).empty() ? std::optional(answer) : std::nullopt;
}

void NameAnswers::forward(const wire::HubMember& asker, const DnsQuery& query, std::string packet, bool stream,
                          Reply reply) {
  // Whoever asks without waiting for answers is not heard any more, and keeps nobody else from being heard.
  if (forwards_.size() >= kMaxForwards || count_of(forwards_, asker.id) >= kMaxForwardsOfMember) return;
  const std::uint64_t number = ++last_number_;
  Forward& forward = forwards_[number];
  forward.member = asker.id;
  forward.asked_id = query.id;
  forward.query = with_dns_id(std::move(packet), random_number());
  forward.servers = NameTable::servers(asker);
  forward.stream = stream;
  forward.reply = std::move(reply);
  ask_next_server(number);
}

void NameAnswers::ask_next_server(std::uint64_t number) {
  Forward& forward = forwards_.at(number);
  loop_.cancel(forward.timer);
  loop_.forget(forward.watch);
  forward.socket.reset();
  forward.received.clear();
  forward.is_sent = false;
  while (forward.next < forward.servers.size()) {
    const auto server = spec::IpAddress::parse(forward.servers[forward.next++]);
    // A socket, and so a port, for each question: whoever wants to answer in the server's place must guess both.
    if (server) forward.socket = connect_address(*server, kNamePort, forward.stream ? SOCK_STREAM : SOCK_DGRAM);
    if (!forward.socket) continue;
    if (!forward.stream && ::send(forward.socket.get(), forward.query.data(), forward.query.size(), MSG_NOSIGNAL) < 0)
      continue;
    const std::uint32_t events = forward.stream ? std::uint32_t{EPOLLIN | EPOLLOUT} : std::uint32_t{EPOLLIN};
    forward.watch = loop_.watch(forward.socket.get(), events,
                                [this, number](std::uint32_t happened) { read_reply(number, happened); });
    forward.timer = loop_.after(kServerTimeout, [this, number] { ask_next_server(number); });
    return;
  }
  auto query = read_dns_query(forward.query);
  DnsAnswer failed;
  failed.code = DnsCode::failed;
  finish(number, query ? write_dns_answer(*query, failed, kPlainAnswer) : std::string());
}

void NameAnswers::read_reply(std::uint64_t number, std::uint32_t events) {
  Forward& forward = forwards_.at(number);
  std::string packet;
  if (forward.stream) {
    if (!read_stream_reply(forward, events, packet)) return ask_next_server(number);
    if (packet.empty()) return;
  } else {
    packet.resize(kMaxMessage);
    const ssize_t size = ::recv(forward.socket.get(), packet.data(), packet.size(), MSG_DONTWAIT);
    if (size < 0 && errno != EAGAIN && errno != EINTR) return ask_next_server(number);
    if (size < 0) return;
    packet.resize(static_cast<std::size_t>(size));
  }
  if (is_answer_to(packet, forward.query)) return finish(number, std::move(packet));
  if (forward.stream) ask_next_server(number);
}

// @return false: this server does not answer; `packet` is empty until there is a whole one
bool NameAnswers::read_stream_reply(Forward& forward, std::uint32_t events, std::string& packet) {
  if (!forward.is_sent && (events & EPOLLOUT) != 0) {
    const std::string out = with_length(forward.query);
    // A new connection takes as much as one question at once.
    if (::send(forward.socket.get(), out.data(), out.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(out.size()))
      return false;
    forward.is_sent = true;
    loop_.change(forward.watch, EPOLLIN);
  }
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return true;
  const bool goes_on = read_more(forward.socket.get(), forward.received, kMaxMessage + 2);
  if (auto whole = take_message(forward.received)) packet = *std::move(whole);
  return goes_on || !packet.empty();
}

void NameAnswers::finish(std::uint64_t number, std::string packet) {
  auto node = forwards_.extract(number);
  Forward& forward = node.mapped();
  loop_.cancel(forward.timer);
  loop_.forget(forward.watch);
  if (packet.size() >= NS_HFIXEDSZ) forward.reply(with_dns_id(std::move(packet), forward.asked_id));
}

void NameAnswers::accept(int listener) {
  auto peer = accept_stream(listener);
  if (!peer) return;
  const wire::HubMember* member = table_.member_at(peer->address);
  if (member == nullptr || connections_.size() >= kMaxConnections ||
      count_of(connections_, member->id) >= kMaxConnectionsOfMember)
    return;
  const std::uint64_t number = ++last_number_;
  Connection& connection = connections_[number];
  connection.member = member->id;
  connection.peer = peer->address;
  connection.socket = std::move(peer->socket);
  connection.watch =
      loop_.watch(connection.socket.get(), EPOLLIN, [this, number](std::uint32_t events) { serve(number, events); });
  connection.timer = loop_.after(kIdle, [this, number] { close_connection(number); });
}

void NameAnswers::serve(std::uint64_t number, std::uint32_t events) {
  Connection& connection = connections_.at(number);
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 &&
      (!read_more(connection.socket.get(), connection.in, kMaxMessage + 2) || connection.in.size() > 2 * kMaxMessage))
    return close_connection(number);
  write_out(connection);
  next_question(number);
}

// One after the other: what is answered at once in a loop, what a server is asked when its answer comes.
void NameAnswers::next_question(std::uint64_t number) {
  Connection& connection = connections_.at(number);
  if (connection.is_in_loop) return;
  connection.is_in_loop = true;
  while (!connection.waits) {
    const auto message = take_message(connection.in);
    if (!message) break;
    connection.waits = true;
    loop_.cancel(connection.timer);
    connection.timer = loop_.after(kIdle, [this, number] { close_connection(number); });
    answer(connection.peer, *message, /*stream=*/true, [this, number](const std::string& packet) {
      const auto asker = connections_.find(number);  // it may have gone meanwhile
      if (asker == connections_.end()) return;
      asker->second.waits = false;
      asker->second.out += with_length(packet);
      write_out(asker->second);
      next_question(number);
    });
  }
  connection.is_in_loop = false;
}

void NameAnswers::write_out(Connection& connection) {
  if (!connection.out.empty()) {
    const ssize_t size =
        ::send(connection.socket.get(), connection.out.data(), connection.out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size > 0) connection.out.erase(0, static_cast<std::size_t>(size));
  }
  loop_.change(connection.watch, connection.out.empty() ? std::uint32_t{EPOLLIN} : std::uint32_t{EPOLLIN | EPOLLOUT});
}

void NameAnswers::close_connection(std::uint64_t number) {
  auto node = connections_.extract(number);
  if (node.empty()) return;
  loop_.cancel(node.mapped().timer);
  loop_.forget(node.mapped().watch);
}

}  // namespace lichen::hub
