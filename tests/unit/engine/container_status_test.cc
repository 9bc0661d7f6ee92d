#include "libpod/engine/container_status.hh"

#include <gtest/gtest.h>

namespace lichen::engine {
namespace {

using wire::ContainerStatus;

Timestamp at(const char* text) { return *parse_rfc3339(text); }

TEST(ContainerStatus, DockersWords) {
  const auto now = at("2026-01-01T01:00:00Z");
  wire::ContainerState state;
  EXPECT_EQ(status_text(state, now), "Created");
  state.started_at = "2026-01-01T00:55:00Z";
  state.status = ContainerStatus::running;
  EXPECT_EQ(status_text(state, now), "Up 5 minutes");
  state.status = ContainerStatus::paused;
  EXPECT_EQ(status_text(state, now), "Up 5 minutes (Paused)");
  state.finished_at = "2026-01-01T00:59:57Z";
  state.exit_code = 137;
  state.status = ContainerStatus::exited;
  EXPECT_EQ(status_text(state, now), "Exited (137) 3 seconds ago");
  state.status = ContainerStatus::restarting;
  EXPECT_EQ(status_text(state, now), "Restarting (137) 3 seconds ago");
}

TEST(ContainerStatus, CommandQuotesArgumentsWithBlanks) {
  spec::ContainerConfig config;
  config.entrypoint = {"/bin/sh", "-c"};
  config.command = {"echo hello"};
  EXPECT_EQ(command_text(config), "/bin/sh -c 'echo hello'");
}

TEST(ContainerStatus, PortsAsTheyAre) {
  spec::ContainerConfig config;
  config.network.expose = {"443/tcp", "80/tcp"};
  wire::ContainerState state;
  state.ports = {"0.0.0.0:8080:80/tcp", "[::]:8080:80/tcp"};
  EXPECT_TRUE(ports_in_use(config, state).empty()) << "it does not run";
  state.status = ContainerStatus::running;
  EXPECT_EQ(ports_text(ports_in_use(config, state)), "443/tcp, 0.0.0.0:8080->80/tcp, [::]:8080->80/tcp");
}

TEST(ContainerStatus, PortsInARowBecomeARange) {
  std::vector<PortInUse> ports;
  for (const std::uint16_t port : std::initializer_list<std::uint16_t>{82, 80, 81, 90})
    ports.push_back({"127.0.0.1", port, port, "tcp"});
  ports.push_back({"", 0, 53, "udp"});
  EXPECT_EQ(ports_text(ports), "127.0.0.1:80-82->80-82/tcp, 53/udp, 127.0.0.1:90->90/tcp");
}

TEST(ContainerStatus, MalformedPortsAreNone) {
  for (const char* text : {"", "80", "80/tcp", "a:b:c", "1.2.3.4:99999:80/tcp", ":80"})
    EXPECT_FALSE(parse_port_in_use(text)) << text;
}

TEST(ContainerStatus, MountsAndNetworks) {
  spec::ContainerConfig config;
  config.mounts = {{.type = spec::MountType::volume, .source = "a-volume-with-a-long-name", .destination = "/v"},
                   {.type = spec::MountType::tmpfs, .source = "", .destination = "/t"}};
  EXPECT_EQ(mount_names(config, true), std::vector<std::string>{"a-volume-with-…"});
  EXPECT_EQ(mount_names(config, false), std::vector<std::string>{"a-volume-with-a-long-name"});
  config.network.mode = "container";
  config.network.target = "web";
  EXPECT_EQ(network_names(config), std::vector<std::string>{"container:web"});
}

}  // namespace
}  // namespace lichen::engine
