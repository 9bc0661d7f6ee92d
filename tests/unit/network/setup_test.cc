// The whole path against the kernel: user namespace, network namespace, slirp4netns, a published port that answers.
#include "libpod/network/setup.hh"

#include <cstdlib>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/network/port_holder.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/netlink.hh"
#include "libpod/sys/process.hh"
#include "libpod/sys/userns.hh"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace lichen::network {
namespace {

using ::testing::HasSubstr;

constexpr std::uint16_t kGuestPort = 8000;

// Port 0 = any. {socket, port}
std::pair<sys::UniqueFd, std::uint16_t> listen_on(const char* ip, std::uint16_t port, int type = SOCK_STREAM) {
  sys::UniqueFd fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  const int on = 1;  // connections in TIME_WAIT do not count, listeners do
  if (type == SOCK_STREAM) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, ip, &address.sin_addr);
  socklen_t size = sizeof address;
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) throw_errno("bind");
  if (type == SOCK_STREAM && ::listen(fd.get(), 8) != 0) throw_errno("listen");
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return {std::move(fd), ntohs(address.sin_port)};
}

sys::UniqueFd connect_to(const char* ip, std::uint16_t port) {
  sys::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit{5, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);  // connect(2) too
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  ::inet_pton(AF_INET, ip, &address.sin_addr);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw_errno("connect to {}:{}", ip, port);
  return fd;
}

bool can_connect(const char* ip, std::uint16_t port) {
  try {
    connect_to(ip, port);
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::string fetch(const char* ip, std::uint16_t port) { return sys::read_all(connect_to(ip, port).get(), "answer"); }

std::string missing_program(const std::string& name) {
  for (const auto& directory : split(std::getenv("PATH"), ':'))
    if (::access((directory + "/" + name).c_str(), X_OK) == 0) return {};
  return name + " is not installed";
}

void enter_user_namespace() {
  if (sys::is_namespace_root()) return;
  const auto ids = sys::subordinate_ids(::getuid());
  sys::enter_new_user_namespace(sys::default_maps(::getuid(), ::getgid(), ids));
}

// Runs the body in a child of its own: it changes namespaces. What it returns is "" or what went wrong.
void run_in_child(const std::function<std::string()>& body) {
  sys::Pipe pipe = sys::make_pipe();
  sys::Pid child = sys::fork_child([&] {
    std::string result;
    try {
      result = body();
    } catch (const Error& error) {
      result = error.what();
    }
    sys::write_all(pipe.write.get(), result, "result");
    return 0;
  });
  pipe.write.reset();
  const std::string result = sys::read_all(pipe.read.get(), "result");
  child.wait();
  EXPECT_EQ(result, "");
}

// What the monitor-to-be does, and then a server in the container's namespace: it says what it sees.
// @param host_port  of a listener on the host's 127.0.0.1: whether slirp4netns' gateway leads there; 0: not tried
int serve(NetworkSetup& setup, int up_fd, std::uint16_t host_port = 0) {
  setup.enter_in_child();
  auto [listener, port] = listen_on("0.0.0.0", kGuestPort);
  sys::write_all(up_fd, "u", "up");
  for (;;) {
    const sys::UniqueFd peer(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::string text;
    for (const auto& address : sys::list_addresses()) text += address.address + " ";
    if (host_port != 0) text += can_connect("10.0.2.2", host_port) ? "gateway open" : "gateway closed";
    sys::write_all(peer.get(), text, "answer");
  }
}

bool helper_is_gone(const std::string& socket_path) {
  for (int i = 0; i < 200; ++i) {
    const sys::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return true;
    ::usleep(10'000);
  }
  return false;
}

class Setup : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/lichen-network-XXXXXX";
    directory_ = ::mkdtemp(name);
  }
  void TearDown() override { sys::remove_tree(directory_); }
  std::string directory_;
};

NetworkPlan plan_with_port(const char* mode, std::uint16_t host_port) {
  spec::NetworkConfig config;
  config.mode = mode;
  config.ports = {{.host_ip = "127.0.0.1", .host_port = host_port, .container_port = kGuestPort}};
  return plan_network(config);
}

// @param gateway  what the container must find at 10.0.2.2
std::string publish_and_fetch(const std::string& directory, bool allow_host_loopback, std::string_view gateway) {
  enter_user_namespace();
  const auto [host_listener, host_port] = listen_on("127.0.0.1", 0);
  auto plan = plan_with_port("slirp4netns", 0);
  plan.slirp.allow_host_loopback = allow_host_loopback;
  NetworkSetup setup(plan, directory, {});
  sys::Pipe up = sys::make_pipe();
  sys::Pid server = sys::fork_child([&, port = host_port] { return serve(setup, up.write.get(), port); });
  setup.in_parent();
  up.write.reset();
  char byte = 0;
  if (sys::read_full(up.read.get(), &byte, 1) != 1) return "the child did not come up";
  setup.finish();
  const std::string seen = fetch("127.0.0.1", setup.ports()[0].host_port);
  if (seen.find("127.0.0.1 ") == std::string::npos || seen.find("10.0.2.100 ") == std::string::npos ||
      !seen.ends_with(gateway))
    return "the container sees: " + seen;
  server.kill(SIGKILL);
  server.wait();
  return helper_is_gone(directory + "/slirp.sock") ? "" : "slirp4netns outlives its monitor";
}

TEST_F(Setup, PublishedPortAnswersThroughSlirp) {
  if (const auto missing = missing_program("slirp4netns"); !missing.empty()) GTEST_SKIP() << missing;
  if (::access("/dev/net/tun", R_OK | W_OK) != 0) GTEST_SKIP() << "/dev/net/tun cannot be used";
  run_in_child([&] { return publish_and_fetch(directory_, false, "gateway closed"); });
  run_in_child([&] { return publish_and_fetch(directory_, true, "gateway open"); });
}

TEST_F(Setup, ApiSocketMayHaveALongPath) {
  if (const auto missing = missing_program("slirp4netns"); !missing.empty()) GTEST_SKIP() << missing;
  if (::access("/dev/net/tun", R_OK | W_OK) != 0) GTEST_SKIP() << "/dev/net/tun cannot be used";
  // A run directory with boot id and container id is longer than a socket's address may be.
  const std::string deep = directory_ + "/" + std::string(120, 'x');
  sys::make_directory(deep);
  run_in_child([&]() -> std::string {
    enter_user_namespace();
    NetworkSetup setup(plan_with_port("slirp4netns", 0), deep, {});
    sys::Pipe up = sys::make_pipe();
    sys::Pid server = sys::fork_child([&] { return serve(setup, up.write.get()); });
    setup.in_parent();
    setup.finish();
    return fetch("127.0.0.1", setup.ports()[0].host_port).empty() ? "no answer" : "";
  });
}

TEST_F(Setup, MissingProgramIsNamed) {
  run_in_child([&]() -> std::string {
    enter_user_namespace();
    ::setenv("PATH", "/nonexistent", 1);
    spec::NetworkConfig config;
    config.mode = "slirp4netns";
    NetworkSetup setup(plan_network(config), directory_, {});
    sys::Pid child = sys::fork_child([&] {
      setup.enter_in_child();
      return 0;
    });
    setup.in_parent();
    try {
      setup.finish();
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::not_found && error.hint().find("package slirp4netns") != std::string::npos)
        return "";
      return format("{} ({})", error.what(), error.hint());
    }
    return "no error";
  });
}

TEST_F(Setup, HelperGoesWhenTheChildDiesBeforeItsNamespace) {
  run_in_child([&]() -> std::string {
    enter_user_namespace();
    auto launch = prepare_slirp4netns({});
    sys::Pid child = sys::fork_child([&] {
      launch.fork_helper();
      return 0;
    });
    launch.in_parent();
    try {
      launch.wait_ready(std::chrono::seconds(2));
    } catch (const Error& error) {
      return std::string(error.what()).find("without a word") != std::string::npos ? "" : error.what();
    }
    return "no error";
  });
}

TEST_F(Setup, NoneHasLoopbackOnly) {
  run_in_child([&]() -> std::string {
    enter_user_namespace();
    spec::NetworkConfig config;
    config.mode = "none";
    NetworkSetup setup(plan_network(config), directory_, {});
    setup.enter_in_child();
    std::string seen;
    for (const auto& link : sys::list_links())
      if ((link.flags & 1u) != 0) seen += link.name + " ";
    return seen == "lo " ? "" : "links that are up: " + seen;
  });
}

TEST_F(Setup, PastaServesAndGoes) {
  if (const auto missing = missing_program("pasta"); !missing.empty()) GTEST_SKIP() << missing;
  if (::access("/dev/net/tun", R_OK | W_OK) != 0) GTEST_SKIP() << "/dev/net/tun cannot be used";
  if (sys::read_file("/proc/net/route").find("\t00000000\t") == std::string::npos)
    GTEST_SKIP() << "pasta needs a default route";
  if (::getuid() == 0 && sys::current_maps().uids[0].count == 0xffffffffu)
    GTEST_SKIP() << "pasta becomes nobody when root starts it";
  run_in_child([&]() -> std::string {
    enter_user_namespace();
    NetworkSetup setup(plan_with_port("pasta", 0), directory_, {});
    sys::Pipe up = sys::make_pipe();
    sys::Pid server = sys::fork_child([&] { return serve(setup, up.write.get()); });
    setup.in_parent();
    char byte = 0;
    up.write.reset();
    if (sys::read_full(up.read.get(), &byte, 1) != 1) return "the child did not come up";
    setup.finish();
    const auto port = setup.ports()[0].host_port;
    const std::string seen = fetch("127.0.0.1", port);
    if (seen.find("127.0.0.1 ") == std::string::npos) return "the container sees: " + seen;
    server.kill(SIGKILL);
    server.wait();
    for (int i = 0; i < 200; ++i) {
      try {
        listen_on("127.0.0.1", port);
        return "";
      } catch (const Error&) {
        ::usleep(10'000);
      }
    }
    return "pasta outlives its monitor";
  });
}

TEST(Ports, TakenOneNamesItsHolder) {
  const auto [listener, port] = listen_on("127.0.0.1", 0);
  const std::vector<spec::PortMapping> ports = {{.host_port = port, .container_port = 80}};
  const auto message = [&](const PortHolderLookup& lookup) -> std::string {
    try {
      reserve_ports(ports, AddressFamilies::ipv4, lookup);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::conflict);
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(message({}), HasSubstr(format("port {}/tcp on 0.0.0.0 is already in use by process '", port)));
  EXPECT_EQ(message([](const auto&, auto, const auto&) { return std::optional<std::string>("web"); }),
            format("port {}/tcp on 0.0.0.0 is already in use by container 'web'", port));
}

TEST(Ports, UdpIsCheckedToo) {
  const auto [socket, port] = listen_on("127.0.0.1", 0, SOCK_DGRAM);
  EXPECT_THROW(reserve_ports({{.host_ip = "127.0.0.1", .host_port = port, .container_port = 80, .protocol = "udp"}},
                             AddressFamilies::ipv4, {}),
               Error);
  EXPECT_NO_THROW(
      reserve_ports({{.host_ip = "127.0.0.1", .host_port = port, .container_port = 80}}, AddressFamilies::ipv4, {}));
}

TEST(Ports, FreeOnesAreChosenDistinct) {
  const std::vector<spec::PortMapping> ports(20, {.container_port = 80});
  const auto chosen = reserve_ports(ports, AddressFamilies::ipv4, {});
  std::set<std::uint16_t> numbers;
  for (const auto& port : chosen) {
    EXPECT_GE(port.host_port, 32768);
    EXPECT_LE(port.host_port, 60999);
    numbers.insert(port.host_port);
  }
  EXPECT_EQ(numbers.size(), 20u);
}

TEST(Ports, RefusesWhatCannotBeForwarded) {
  const auto kind = [](spec::PortMapping port) {
    try {
      reserve_ports({std::move(port)}, AddressFamilies::ipv4, {});
    } catch (const Error& error) {
      EXPECT_NE(error.hint(), "") << error.what();
      return error.kind();
    }
    return ErrorKind::internal;
  };
  EXPECT_EQ(kind({.host_port = 0, .container_port = 80, .protocol = "sctp"}), ErrorKind::unsupported);
  EXPECT_EQ(kind({.host_ip = "::1", .host_port = 0, .container_port = 80}), ErrorKind::unsupported);
  EXPECT_EQ(kind({.host_ip = "203.0.113.7", .host_port = 0, .container_port = 80}), ErrorKind::invalid);
  const std::vector<spec::PortMapping> twice = {{.host_port = 45678, .container_port = 1},
                                                {.host_ip = "127.0.0.1", .host_port = 45678, .container_port = 2}};
  EXPECT_THROW(reserve_ports(twice, AddressFamilies::ipv4, {}), Error);
}

TEST(Ports, PrivilegedOnesNeedTheSysctl) {
  const auto first = sys::read_file("/proc/sys/net/ipv4/ip_unprivileged_port_start");
  if (::geteuid() == 0 || trim(first) == "0") GTEST_SKIP() << "this user may bind every port";
  try {
    reserve_ports({{.host_port = 79, .container_port = 80}}, AddressFamilies::ipv4, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::permission);
    EXPECT_THAT(error.hint(), HasSubstr("net.ipv4.ip_unprivileged_port_start=79"));
  }
}

}  // namespace
}  // namespace lichen::network
