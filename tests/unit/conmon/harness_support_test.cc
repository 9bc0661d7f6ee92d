#include "tests/unit/conmon/harness.hh"

#include <gtest/gtest.h>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/lock.hh"
#include "libpod/sys/socket.hh"
#include "tests/unit/source_dir.hh"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lichen::conmon::test {

Harness::Harness() {
  char name[] = "/tmp/lichen-conmon-test-XXXXXX";
  base = ::mkdtemp(name);
  config.id = random_id();
  config.name = "web";
  config.container_dir = base + "/containers/" + config.id;
  config.run_dir = base + "/run/" + config.id;
  config.bundle_dir = base + "/bundle";
  config.runtime = lichen::test::source_dir() + "/tests/helpers/fake_runtime.sh";
  config.runtime_root = base + "/oci";
  config.runtime_is_ours = false;
  config.log_path = config.container_dir + "/ctr.log";
  config.staging_dir = base + "/staging";
  config.events_dir = base + "/events";
  config.marker_path = config.staging_dir + "/c-" + config.id;
  config.remove_dirs = {config.container_dir};
  config.remove_links = {base + "/names/web"};
  config.boot_id = "this-boot";
  config.image = "busybox";
  config.stop_timeout_s = 5;
  for (const std::string& directory : {config.container_dir, config.run_dir, config.bundle_dir, config.runtime_root,
                                       config.staging_dir, config.events_dir, base + "/names"})
    sys::make_directories(directory);
  sys::make_symlink("../containers/" + config.id, base + "/names/web");
  sys::write_file(config.marker_path, "");
}

Harness::~Harness() {
  sync.reset();
  if (monitor) {
    // SIGTERM lets it stop its container; SIGKILL (by ~Pid) is for one that hangs.
    monitor.kill(SIGTERM);
    sys::wait_pidfd(monitor.pidfd(), std::chrono::seconds(8));
  }
  monitor = sys::Pid();
  sys::remove_tree(base);
}

void Harness::bundle_file(const std::string& name, const std::string& content) {
  sys::write_file(config.bundle_dir + "/" + name, content);
}

void Harness::launch(const std::string& command) {
  bundle_file("command", command);
  sys::SocketPair pair = sys::make_socket_pair(SOCK_SEQPACKET);
  const bool published = config.marker_path.empty();
  const sys::UniqueFd marker = sys::open_path(published ? "/dev/null" : config.marker_path, O_RDONLY);
  const sys::UniqueFd lock = sys::open_path(config.run_dir + "/monitor.lock", O_RDWR | O_CREAT, 0600);
  config.sync_fd = 3;
  config.lock_fd = 4;
  config.marker_fd = published ? -1 : 5;
  sys::SpawnOptions options{.argv = {"lichen-conmon"}, .program = LICHEN_CONMON};
  for (auto& argument : wire::to_argv(config)) options.argv.push_back(argument);
  options.fds = {{pair.second.get(), 3}, {lock.get(), 4}, {marker.get(), 5}};
  options.new_session = true;
  monitor = sys::spawn(options);
  sync = std::move(pair.first);
}

void Harness::run(const std::string& command, std::uint32_t attach) {
  launch(command);
  ASSERT_TRUE(expect(wire::MessageType::created));
  if (attach != 0) send({.type = wire::MessageType::attach, .a = attach, .b = 0, .text = {}});
  send({.type = wire::MessageType::start, .a = 0, .b = 0, .text = {}});
  const auto started = receive();
  ASSERT_TRUE(started);
  ASSERT_EQ(started->type, wire::MessageType::started) << "nothing comes before started";
}

void Harness::send_to(int socket, const wire::Message& message) { sys::send_packet(socket, wire::encode(message)); }

std::optional<wire::Message> Harness::receive_from(int socket) {
  pollfd polled{socket, POLLIN, 0};
  if (::poll(&polled, 1, 20'000) <= 0) {
    ADD_FAILURE() << "the monitor said nothing for 20 s";
    return std::nullopt;
  }
  const auto packet = sys::receive_packet(socket, wire::kMaxPacket);
  if (!packet) return std::nullopt;
  auto message = wire::decode(packet->data);
  EXPECT_TRUE(message);
  return message;
}

std::optional<wire::Message> Harness::expect(wire::MessageType type, std::string* output) {
  while (auto message = receive()) {
    if (message->type == type) return message;
    if (output != nullptr && (message->type == wire::MessageType::out || message->type == wire::MessageType::err))
      *output += message->text;
  }
  return std::nullopt;
}

sys::UniqueFd Harness::connect() const {
  auto socket = sys::connect_unix(config.run_dir + "/ctl.sock", SOCK_SEQPACKET);
  return socket ? std::move(*socket) : sys::UniqueFd();
}

std::string Harness::file(const std::string& path) const {
  return sys::read_file_if_exists(path, 1u << 30).value_or("");
}

wire::ContainerState Harness::state() const {
  return wire::container_state_from_json(parse_json(file(config.container_dir + "/state.json"), "state.json"),
                                         "state.json");
}

int Harness::monitor_exit() {
  if (!sys::wait_pidfd(monitor.pidfd(), std::chrono::seconds(20))) return -1;
  return monitor.wait().code;
}

}  // namespace lichen::conmon::test
