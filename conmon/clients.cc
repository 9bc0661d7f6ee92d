#include "conmon/clients.hh"

#include <algorithm>
#include <vector>

#include "libpod/base/error.hh"
#include "libpod/sys/socket.hh"

#include <sys/epoll.h>
#include <sys/socket.h>

namespace lichen::conmon {
namespace {

constexpr std::size_t kHighWater = 256 * 1024;
constexpr std::size_t kLowWater = 64 * 1024;
constexpr std::size_t kMaxAnswers = 64;   // queued for one that does not read
constexpr std::size_t kMaxClients = 512;  // descriptors are finite; the container's own stay reserved
char packet_buffer[wire::kMaxPacket + 1];

// A client may hang up between two packets: that is seen as `gone`, not as a failure of the monitor.
enum class Sent { yes, full, gone };
Sent send_now(int socket, const std::string& packet, int fd) {
  try {
    if (sys::send_packet(socket, packet, fd, true)) return Sent::yes;
  } catch (const Error&) {
    return Sent::gone;
  }
  const int saved = errno;
  return saved == EAGAIN || saved == ENOBUFS ? Sent::full : Sent::gone;
}

}  // namespace

Clients::~Clients() {
  stop_listening();
  for (auto& [id, client] : clients_) {
    loop_.forget(client.watch);
    loop_.cancel(client.patience);
  }
}

void Clients::listen(const std::string& path) {
  listener_ = sys::listen_unix(path, SOCK_SEQPACKET);
  sys::set_nonblocking(listener_.get(), true);
  listener_watch_ = loop_.watch(listener_.get(), EPOLLIN, [this](std::uint32_t) {
    auto connection = sys::accept_same_user(listener_.get());
    if (connection && clients_.size() < kMaxClients) add(*std::move(connection));
  });
}

void Clients::stop_listening() {
  loop_.forget(listener_watch_);
  listener_.reset();
}

ClientId Clients::add(sys::UniqueFd connection) {
  const ClientId id = ++last_id_;
  sys::set_nonblocking(connection.get(), true);
  Client& client = clients_[id];
  client.fd = std::move(connection);
  client.watch = loop_.watch(client.fd.get(), EPOLLIN, [this, id](std::uint32_t events) { on_event(id, events); });
  return id;
}

void Clients::drop(ClientId id) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  loop_.forget(found->second.watch);
  loop_.cancel(found->second.patience);
  clients_.erase(found);
  callbacks_.gone(id);
  update_pressure();
}

void Clients::set_streams(ClientId id, std::uint32_t streams) {
  if (const auto found = clients_.find(id); found != clients_.end()) found->second.streams = streams;
}

void Clients::touch(ClientId id) {
  const auto found = clients_.find(id);
  if (found != clients_.end() && found->second.patience != 0) start_patience(id, found->second);
}

void Clients::on_event(ClientId id, std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) {
    const auto found = clients_.find(id);
    if (!flush(id, found->second)) stop_sending(found->second);
    update_pressure();
  }
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) receive(id);
}

void Clients::receive(ClientId id) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  const int socket = found->second.fd.get();
  ssize_t count = ::recv(socket, packet_buffer, sizeof packet_buffer, MSG_DONTWAIT);
  // It went without reading all that we sent. That is told once, before what it had sent us (af_unix): look again.
  if (count < 0 && errno == ECONNRESET) count = ::recv(socket, packet_buffer, sizeof packet_buffer, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return drop(id);
  const auto message = wire::decode({packet_buffer, static_cast<std::size_t>(count)});
  if (!message || static_cast<std::uint8_t>(message->type) >= 64) return drop(id);
  callbacks_.message(id, *message);
}

void Clients::send(ClientId id, const wire::Message& message, sys::UniqueFd fd) {
  enqueue(id, std::make_shared<const std::string>(wire::encode(message)), std::move(fd));
}

void Clients::send_all(const wire::Message& message) {
  std::vector<ClientId> ids;
  for (const auto& [id, client] : clients_) ids.push_back(id);
  const auto packet = std::make_shared<const std::string>(wire::encode(message));
  for (const ClientId id : ids) enqueue(id, packet, {});
}

void Clients::broadcast(wire::LogStream stream, std::string_view data) {
  const std::uint32_t bit = stream == wire::LogStream::out ? wire::kAttachStdout : wire::kAttachStderr;
  std::vector<ClientId> ids;
  for (auto& [id, client] : clients_) {
    if ((client.streams & bit) == 0) continue;
    if (client.lagging) {
      client.missed += data.size();
    } else {
      ids.push_back(id);
    }
  }
  if (ids.empty()) return;
  const auto type = stream == wire::LogStream::out ? wire::MessageType::out : wire::MessageType::err;
  for (; !data.empty(); data.remove_prefix(std::min(data.size(), wire::kMaxData))) {
    auto packet = std::make_shared<std::string>(1, static_cast<char>(type));
    packet->append(data.substr(0, wire::kMaxData));
    for (const ClientId id : ids) enqueue(id, packet, {});
  }
}

void Clients::enqueue(ClientId id, std::shared_ptr<const std::string> packet, sys::UniqueFd fd) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  Client& client = found->second;
  if (client.deaf) return;
  if (client.lagging && client.queue.size() >= kMaxAnswers) return drop(id);
  client.queued += packet->size();
  client.queue.push_back({std::move(packet), std::move(fd)});
  if (client.queue.size() == 1 && !flush(id, client)) stop_sending(client);
  if (client.queued > kHighWater && client.patience == 0) start_patience(id, client);
  update_pressure();
}

// @return false when the peer is gone
bool Clients::flush(ClientId id, Client& client) {
  bool moved = false;
  while (!client.queue.empty()) {
    const Sent sent = send_now(client.fd.get(), *client.queue.front().packet, client.queue.front().fd.get());
    if (sent == Sent::gone) return false;
    if (sent == Sent::full) break;
    moved = true;
    client.queued -= client.queue.front().packet->size();
    client.queue.pop_front();
    if (client.lagging) end_lagging(client);
  }
  loop_.change(client.watch, client.queue.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
  if (client.queued <= kLowWater) {
    loop_.cancel(client.patience);
  } else if (moved && client.patience != 0) {
    start_patience(id, client);
  }
  return true;
}

// What it typed before it went is still to be read: the end of its connection comes behind that, and drops it.
void Clients::stop_sending(Client& client) {
  client.deaf = true;
  client.streams = 0;
  client.queue.clear();
  client.queued = 0;
  client.lagging = false;
  loop_.cancel(client.patience);
  loop_.change(client.watch, EPOLLIN);
}

void Clients::start_patience(ClientId id, Client& client) {
  loop_.cancel(client.patience);
  client.patience = loop_.after(patience_, [this, id] { start_lagging(id); });
}

// The first packet in the queue stays: its turn at the socket tells when the client reads again.
void Clients::start_lagging(ClientId id) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  Client& client = found->second;
  client.patience = 0;
  client.lagging = true;
  while (client.queue.size() > 1) {
    client.missed += client.queue.back().packet->size() - 1;
    client.queue.pop_back();
  }
  client.queued = client.queue.front().packet->size();
  update_pressure();
}

void Clients::end_lagging(Client& client) {
  client.lagging = false;
  const auto text =
      format("{} bytes of the container's output were skipped: they were not read in time", client.missed);
  client.missed = 0;
  auto packet = std::make_shared<const std::string>(wire::encode(wire::make_error(wire::kLagged, text, "")));
  client.queued += packet->size();
  client.queue.push_front({std::move(packet), {}});
}

void Clients::update_pressure() {
  std::size_t longest = 0;
  for (const auto& [id, client] : clients_) longest = std::max(longest, client.queued);
  const bool pressure = pressure_ ? longest > kLowWater : longest > kHighWater;
  if (pressure == pressure_) return;
  pressure_ = pressure;
  callbacks_.pressure(pressure);
}

bool Clients::flushed() const {
  return std::all_of(clients_.begin(), clients_.end(),
                     [](const auto& entry) { return entry.second.queue.empty() || entry.second.lagging; });
}

}  // namespace lichen::conmon
