#include "libpod/hub/port_forwarder.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/hub/hub_child.hh"
#include "libpod/hub/rules.hh"
#include "libpod/sys/socket.hh"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

namespace lichen::hub {
namespace {

constexpr std::size_t kMaxOrder = 4096;
constexpr std::size_t kDescriptorsOfConnection = 6;  // two sockets, two pipes
constexpr std::size_t kKeptDescriptors = 64, kMaxConnections = 100'000;
constexpr int kPipeSize = 256 * 1024;
constexpr std::size_t kAtOnce = 1 << 20;
constexpr int kMovesAtOnce = 16, kDatagramsAtOnce = 64, kAcceptsAtOnce = 16;  // then others have their turn
constexpr std::size_t kMaxDatagram = 65535, kMaxSessions = 4096;
constexpr std::size_t kShareOfSessions = 4;  // one of so many descriptors
constexpr std::chrono::seconds kSessionIdle{90}, kSweep{30};

// As many descriptors as the user may have. @return their number, without those kept for ports and all else
std::size_t raise_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) throw_errno("read the limit of descriptors");
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const auto all = static_cast<std::size_t>(limit.rlim_cur);
  return all > 2 * kKeptDescriptors ? all - kKeptDescriptors : kKeptDescriptors;
}

void set_no_delay(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// The other side hears of a failure, and not of an orderly end: socket(7), SO_LINGER.
void reset_on_close(int socket) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

// Loopback and link-local addresses mean somebody else in another namespace.
bool is_of_one_host(const spec::IpAddress& address) {
  static const spec::IpNetwork kNetworks[] = {*spec::IpNetwork::parse("127.0.0.0/8"),
                                              *spec::IpNetwork::parse("::1/128"), *spec::IpNetwork::parse("fe80::/10"),
                                              *spec::IpNetwork::parse("169.254.0.0/16")};
  return std::ranges::any_of(kNetworks, [&](const spec::IpNetwork& network) { return network.contains(address); });
}

int error_of(int socket) {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

std::string key_of(std::uint64_t port, const DatagramPath& path) {
  std::string key = std::to_string(port) + " ";
  key.append(reinterpret_cast<const char*>(&path.peer), path.peer_size);
  key.append(path.control, path.control_size);
  return key;
}

}  // namespace

PortForwarder::PortForwarder(sys::UniqueFd control, bool is_marked)
    : control_(std::move(control)), is_marked_(is_marked) {
  const std::size_t descriptors = raise_limit();
  max_sessions_ = std::min(kMaxSessions, descriptors / kShareOfSessions);
  max_connections_ = std::min(kMaxConnections, (descriptors - max_sessions_) / kDescriptorsOfConnection);
  loop_.watch(control_.get(), EPOLLIN, [this](std::uint32_t) { take_order(); });
  loop_.drop_when_idle(kQuiet, {});
}

void PortForwarder::take_order() {
  auto packet = sys::receive_packet(control_.get(), kMaxOrder);
  if (!packet) return loop_.stop();
  try {
    const Json json = parse_json(packet->data, "order");
    const JsonView order(json, "order:");
    if (const auto number = order.find_int("open"))
      open_port(static_cast<std::uint64_t>(*number), order, std::move(packet->fd));
    else
      close_port(static_cast<std::uint64_t>(order.at("close").as_int()));
  } catch (const Error& error) {
    log_debug("{}", error.what());
  }
}

void PortForwarder::open_port(std::uint64_t number, const JsonView& order, sys::UniqueFd socket) {
  const auto target = spec::IpAddress::parse(order.at("address").as_string());
  if (!target || !socket) throw_error(ErrorKind::invalid, "order without an address or a socket");
  close_port(number);
  Port& port = ports_[number];
  port.socket = std::move(socket);
  port.is_udp = order.at("protocol").as_string() == "udp";
  port.target = {*target, static_cast<std::uint16_t>(order.at("port").as_int())};
  port.network = spec::IpNetwork::parse(format("{}/{}", target->text(), order.at("prefix").as_int())).value();
  port.watch = loop_.watch(port.socket.get(), EPOLLIN, [this, number, udp = port.is_udp](std::uint32_t) {
    udp ? read_datagrams(number) : accept(number);
  });
}

void PortForwarder::close_port(std::uint64_t number) {
  auto node = ports_.extract(number);
  if (node.empty()) return;
  loop_.forget(node.mapped().watch);
  std::vector<std::uint64_t> ended;
  for (const auto& [id, connection] : connections_)
    if (connection.port == number) ended.push_back(id);
  for (const auto id : ended) close_connection(id, /*reset=*/true);
  std::vector<std::string> silent;
  for (const auto& [key, session] : sessions_)
    if (session.port == number) silent.push_back(key);
  for (const auto& key : silent) close_session(key);
}

sys::UniqueFd PortForwarder::connect_to(const Port& port, const Endpoint& client, int type) {
  sys::UniqueFd socket;
  if (is_marked_ && client.address.v6 == port.target.address.v6 && !is_of_one_host(client.address) &&
      !port.network.contains(client.address))
    socket = connect_as(client, port.target, type, kOutwardMark);
  return socket ? std::move(socket) : connect_address(port.target.address, port.target.port, type);
}

void PortForwarder::accept(std::uint64_t number) {
  const Port& port = ports_.at(number);
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    auto peer = accept_stream(port.socket.get());
    if (!peer) return;
    if (connections_.size() >= max_connections_) {
      reset_on_close(peer->socket.get());
      continue;
    }
    sys::UniqueFd to = connect_to(port, {peer->address, peer->port}, SOCK_STREAM);
    if (!to) {
      reset_on_close(peer->socket.get());
      continue;
    }
    set_no_delay(peer->socket.get());
    set_no_delay(to.get());
    const std::uint64_t id = ++last_number_;
    Connection& connection = connections_[id];
    connection.port = number;
    connection.client.socket = std::move(peer->socket);
    connection.container.socket = std::move(to);
    watch_again(id, connection);
  }
}

// One that fails, for want of descriptors too, takes no other with it.
void PortForwarder::carry(std::uint64_t number, std::uint32_t events, bool from_client) try {
  Connection& connection = connections_.at(number);
  if ((events & EPOLLERR) != 0) return close_connection(number, /*reset=*/true);
  if (!connection.is_made && !from_client) {
    if (error_of(connection.container.socket.get()) != 0) return close_connection(number, /*reset=*/true);
    connection.is_made = true;
  }
  const int client = connection.client.socket.get(), container = connection.container.socket.get();
  if (connection.is_made &&
      (!move_bytes(client, container, connection.in) || !move_bytes(container, client, connection.out)))
    return close_connection(number, /*reset=*/true);
  if (connection.in.is_shut && connection.out.is_shut) return close_connection(number, /*reset=*/false);
  watch_again(number, connection);
} catch (const Error& error) {
  log_debug("{}", error.what());
  close_connection(number, /*reset=*/true);
}

// @return false: one of the two has failed
bool PortForwarder::move_bytes(int from, int to, Direction& direction) {
  constexpr unsigned kFlags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
  for (int i = 0; i < kMovesAtOnce && !direction.is_shut; ++i) {
    if (direction.held == 0 && !direction.has_ended) {
      if (!direction.pipe.read) {
        direction.pipe = sys::make_pipe();
        ::fcntl(direction.pipe.write.get(), F_SETPIPE_SZ, kPipeSize);  // or as much as the user still may
      }
      const ssize_t size = ::splice(from, nullptr, direction.pipe.write.get(), nullptr, kAtOnce, kFlags);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && errno != EAGAIN) return false;
      if (size < 0) break;
      direction.held = static_cast<std::size_t>(size);
      direction.has_ended = size == 0;
    }
    if (direction.held > 0) {
      const ssize_t size = ::splice(direction.pipe.read.get(), nullptr, to, nullptr, direction.held, kFlags);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && errno != EAGAIN) return false;
      if (size < 0) return true;
      direction.held -= static_cast<std::size_t>(size);
    } else if (direction.has_ended) {
      ::shutdown(to, SHUT_WR);
      direction.is_shut = true;
    }
  }
  if (direction.held == 0) direction.pipe = {};  // those who are silent need none
  return true;
}

void PortForwarder::watch_again(std::uint64_t number, Connection& connection) {
  const auto reads = [](const Direction& direction) {
    return direction.held == 0 && !direction.has_ended ? std::uint32_t{EPOLLIN} : 0U;
  };
  const auto writes = [](const Direction& direction) { return direction.held > 0 ? std::uint32_t{EPOLLOUT} : 0U; };
  const bool made = connection.is_made;
  watch_side(number, connection.client, true, made ? reads(connection.in) | writes(connection.out) : 0U);
  watch_side(number, connection.container, false,
             made ? reads(connection.out) | writes(connection.in) : std::uint32_t{EPOLLOUT});
}

// Whoever is waited for in no way is not watched at all: EPOLLHUP comes unasked, again and again.
void PortForwarder::watch_side(std::uint64_t number, Side& side, bool is_client, std::uint32_t events) {
  if (events == 0) return loop_.forget(side.watch);
  if (side.watch != 0) return loop_.change(side.watch, events);
  side.watch = loop_.watch(side.socket.get(), events,
                           [this, number, is_client](std::uint32_t happened) { carry(number, happened, is_client); });
}

void PortForwarder::close_connection(std::uint64_t number, bool reset) {
  auto node = connections_.extract(number);
  if (node.empty()) return;
  for (Side* side : {&node.mapped().client, &node.mapped().container}) {
    loop_.forget(side->watch);
    if (reset) reset_on_close(side->socket.get());
  }
}

void PortForwarder::read_datagrams(std::uint64_t number) {
  const int socket = ports_.at(number).socket.get();
  DatagramPath path;
  for (int i = 0; i < kDatagramsAtOnce; ++i) {
    const auto packet = receive_datagram(socket, kMaxDatagram, path);
    if (!packet) return;
    if (Session* session = session_of(number, path)) {
      session->used = std::chrono::steady_clock::now();
      ::send(session->socket.get(), packet->data(), packet->size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    }
  }
}

// nullptr: too many, or nobody there; the datagram is lost, as datagrams may be.
PortForwarder::Session* PortForwarder::session_of(std::uint64_t number, const DatagramPath& path) {
  const std::string key = key_of(number, path);
  if (const auto found = sessions_.find(key); found != sessions_.end()) return &found->second;
  if (sessions_.size() >= max_sessions_) return nullptr;
  const Port& port = ports_.at(number);
  sys::UniqueFd socket = connect_to(port, {address_of(path.peer), port_of(path.peer)}, SOCK_DGRAM);
  if (!socket) return nullptr;
  Session& session = sessions_[key];
  session.port = number;
  session.path = path;
  session.socket = std::move(socket);
  session.watch = loop_.watch(session.socket.get(), EPOLLIN, [this, key](std::uint32_t) { answer_datagrams(key); });
  if (sweep_ == 0) sweep_ = loop_.after(kSweep, [this] { sweep_sessions(); });
  return &session;
}

void PortForwarder::answer_datagrams(const std::string& key) {
  Session& session = sessions_.at(key);
  std::string packet(kMaxDatagram, '\0');
  for (int i = 0; i < kDatagramsAtOnce; ++i) {
    const ssize_t size = ::recv(session.socket.get(), packet.data(), packet.size(), MSG_DONTWAIT);
    if (size < 0) return;  // ECONNREFUSED: nobody listens there now, which the asker learns by silence
    session.used = std::chrono::steady_clock::now();
    send_datagram(ports_.at(session.port).socket.get(),
                  std::string_view(packet).substr(0, static_cast<std::size_t>(size)), session.path);
  }
}

void PortForwarder::close_session(const std::string& key) {
  auto node = sessions_.extract(key);
  if (!node.empty()) loop_.forget(node.mapped().watch);
}

void PortForwarder::sweep_sessions() {
  const auto before = std::chrono::steady_clock::now() - kSessionIdle;
  std::vector<std::string> idle;
  for (const auto& [key, session] : sessions_)
    if (session.used < before) idle.push_back(key);
  for (const auto& key : idle) close_session(key);
  sweep_ = sessions_.empty() ? 0 : loop_.after(kSweep, [this] { sweep_sessions(); });
}

}  // namespace lichen::hub
