#include "libpod/engine/hub_client.hh"

#include <chrono>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"
#include "libpod/sys/socket.hh"

#include <poll.h>
#include <sys/socket.h>

namespace lichen::engine {
namespace {

constexpr std::chrono::seconds kStartTimeout{10};
constexpr std::chrono::seconds kAnswerTimeout{20};
constexpr int kStarts = 3;

bool wait_readable(int socket, std::chrono::milliseconds timeout) {
  pollfd polled{socket, POLLIN, 0};
  for (;;) {
    const int ready = ::poll(&polled, 1, static_cast<int>(timeout.count()));
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

// nullopt: nobody listens, or the hub was about to end.
std::optional<HubConnection> try_connect(const std::string& directory) {
  auto socket = sys::connect_unix(directory + "/hub.sock", SOCK_SEQPACKET);
  if (!socket || !wait_readable(socket->get(), kStartTimeout)) return std::nullopt;
  try {
    auto packet = sys::receive_packet(socket->get(), wire::kHubHello.size());
    if (!packet || packet->data != wire::kHubHello || !packet->fd) return std::nullopt;
    return HubConnection(*std::move(socket), std::move(packet->fd), directory);
  } catch (const Error& error) {
    if (error.saved_errno() != ECONNRESET) throw;
    return std::nullopt;
  }
}

constexpr int kReadyFd = 3;

// Returns when it listens, or has ended.
void start_hub(const Engine& engine) {
  sys::SpawnOptions options{
      .argv = {"lichen-hub", engine.paths.hub(), engine.paths.userns_members(), engine.paths.userns_lock(),
               std::to_string(kReadyFd), engine.settings.network_isolation ? "rules" : "no-rules"},
      .program = engine.program("lichen-hub")};
  if (!engine.settings.network_isolation)
    log_warn("network.isolation is false: nothing separates networks, and containers may take each other's addresses");
  auto ready = sys::make_pipe();
  options.new_session = true;
  options.fds = {{2, 2}, {ready.write.get(), kReadyFd}};
  sys::spawn(options).release();
  ready.write.reset();
  wait_readable(ready.read.get(), kStartTimeout);  // nothing is ever written: its end is what counts
}

}  // namespace

HubConnection connect_hub(Engine& engine) {
  LICHEN_ASSERT(engine.in_userns());
  const std::string directory = engine.paths.hub();
  if (auto connection = try_connect(directory)) return *std::move(connection);
  sys::make_directories(directory, 0700);
  // One starts it, the others wait for that one.
  const auto lock = sys::wait_lock(directory + "/start.lock", sys::LockMode::exclusive, kStartTimeout, /*create=*/true);
  if (auto connection = try_connect(directory)) return *std::move(connection);
  for (int tries = 0; tries < kStarts; ++tries) {  // one that was about to end can be in the way of the first
    start_hub(engine);
    if (auto connection = try_connect(directory)) return *std::move(connection);
  }
  throw Error(ErrorKind::system, format("the network hub does not answer at '{}/hub.sock'", directory))
      .with_hint("use --network slirp4netns, none or host");
}

void HubConnection::announce(const wire::HubMember& member) const {
  sys::write_file_atomic(directory_ + "/members/" + member.id + ".json", dump_json(wire::to_json(member)), 0600,
                         sys::Durability::none);
  if (!sys::send_packet(socket_.get(), dump_json({{"sync", member.id}})))
    throw_error(ErrorKind::system, "the network hub ended");
}

void HubConnection::await() const {
  const auto packet = wait_readable(socket_.get(), kAnswerTimeout)
                          ? sys::receive_packet(socket_.get(), wire::kMaxHubPacket)
                          : std::nullopt;
  if (!packet) throw_error(ErrorKind::system, "the network hub does not answer");
  const Json json = parse_json(packet->data, "answer of the network hub");
  const JsonView error = JsonView(json, "answer:").at("error");
  if (error.is_null()) return;
  throw Error(error_kind_from_string(error.get_string("kind")), error.get_string("message"))
      .with_hint(error.get_string("hint"));
}

std::optional<wire::HubMember> find_hub_member(const Engine& engine, const std::string& id) {
  const std::string path = engine.paths.hub() + "/members/" + id + ".json";
  const auto text = sys::read_file_if_exists(path, wire::kMaxHubPacket);
  if (!text) return std::nullopt;
  return wire::hub_member_from_json(parse_json(*text, path), path);
}

}  // namespace lichen::engine
