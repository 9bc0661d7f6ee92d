#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/base/error.hh"
#include "libpod/network/helper_launch.hh"
#include "libpod/network/pasta.hh"
#include "libpod/network/port_holder.hh"
#include "libpod/network/setup.hh"

namespace lichen::network {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

spec::NetworkConfig with_mode(std::string mode, std::vector<std::string> options = {}) {
  spec::NetworkConfig config;
  config.mode = std::move(mode);
  config.options = std::move(options);
  return config;
}

TEST(Plan, SlirpHasItsAddresses) {
  const auto plan = plan_network(with_mode("slirp4netns", {"cidr=192.168.64.0/20", "mtu=1400"}));
  EXPECT_EQ(plan.container_ip, "192.168.64.100");
  EXPECT_EQ(plan.gateway, "192.168.64.2");
  EXPECT_EQ(plan.prefix, 20u);
  EXPECT_THAT(plan.dns_servers, ElementsAre("192.168.64.3"));
  EXPECT_EQ(plan.host_gateway, "");
  EXPECT_TRUE(plan.new_namespace());
}

TEST(Plan, GatewayIsTheHostOnlyWhenAllowed) {
  EXPECT_EQ(plan_network(with_mode("slirp4netns", {"allow_host_loopback=true"})).host_gateway, "10.0.2.2");
}

TEST(Plan, NetworksWithNamesAreBridges) {
  auto config = with_mode("network");
  config.target = "front";
  config.ports = {{.host_port = 80, .container_port = 80}};
  const auto plan = plan_network(config);
  EXPECT_EQ(plan.kind, NetworkKind::bridge);
  EXPECT_EQ(plan.ports.size(), 1U);
  EXPECT_THROW(plan_network(with_mode("unknown")), Error);
}

TEST(Plan, PortsBelongToWhoMakesTheNetwork) {
  auto config = with_mode("container");
  config.target = "abc";
  config.ports = {{.host_port = 80, .container_port = 80}};
  EXPECT_THROW(plan_network(config), Error);
  config.mode = "host";
  const auto plan = plan_network(config);
  EXPECT_TRUE(plan.ports.empty());
  EXPECT_EQ(plan.notice, "published ports are discarded with --network host");
}

TEST(Plan, PublishAllAddsExposedPorts) {
  auto config = with_mode("slirp4netns");
  config.publish_all = true;
  config.ports = {{.host_port = 8080, .container_port = 80}};
  const auto plan = plan_network(config, {"80/tcp", "53/udp", "443"});
  ASSERT_EQ(plan.ports.size(), 3u);
  EXPECT_EQ(plan.ports[0].host_port, 8080);
  EXPECT_EQ(plan.ports[1].container_port, 53);
  EXPECT_EQ(plan.ports[1].protocol, "udp");
  EXPECT_EQ(plan.ports[1].host_port, 0);
  EXPECT_EQ(plan.ports[2].container_port, 443);
  EXPECT_THROW(plan_network(config, {"x/tcp"}), Error);
}

TEST(Slirp, IsStartedLockedUp) {
  const auto argv = slirp_argv({}, "/proc/self/fd/7", 3, 4);
  for (const auto* word : {"--configure", "--mtu=65520", "--disable-host-loopback", "--enable-sandbox",
                           "--enable-seccomp", "--ready-fd=3", "--exit-fd=4", "--netns-type=path"})
    EXPECT_THAT(argv, Contains(word));
  EXPECT_EQ(argv.at(argv.size() - 2), "/proc/self/fd/7");
  const auto open = slirp_argv({.allow_host_loopback = true, .api_socket = "/x"}, "/n", 3, 4);
  EXPECT_THAT(open, Not(Contains("--disable-host-loopback")));
  EXPECT_THAT(open, Contains("--api-socket=/x"));
}

TEST(Slirp, RefusesBadOptions) {
  for (const auto* bad : {"cidr=10.0.2.1/24", "cidr=10.0.2.0/26", "cidr=x", "mtu=9", "mtu=65522", "enable_ipv6=maybe",
                          "port_handler=rootlesskit", "x=y", "x", "outbound_addr6=fd00::1"})
    EXPECT_THROW(parse_slirp_options({bad}), Error) << bad;
}

TEST(Pasta, ForwardsOnlyWhatIsPublished) {
  EXPECT_THAT(pasta_argv({}, {{.host_ip = "127.0.0.1", .host_port = 8080, .container_port = 80}}, "/n", "/p"),
              ElementsAre("pasta", "--config-net", "--quiet", "--stderr", "--pid", "/p", "--no-map-gw", "-t",
                          "127.0.0.1/8080:80", "-u", "none", "-T", "none", "-U", "none", "--netns", "/n"));
  EXPECT_THAT(pasta_argv({"--map-gw", "-T", "auto"}, {}, "/n", "/p"),
              ElementsAre("pasta", "--config-net", "--quiet", "--stderr", "--pid", "/p", "-t", "none", "-u", "none",
                          "-U", "none", "-T", "auto", "--netns", "/n"));
}

TEST(Helper, LastMessageSaysSomething) {
  EXPECT_EQ(last_message("WARNING: x\nopen(\"/dev/net/tun\"): No such file\nchild failed(1)\nparent failed\n\n"),
            "open(\"/dev/net/tun\"): No such file");
  EXPECT_EQ(last_message("a\x1b[31mb"), "a[31mb");
  EXPECT_EQ(last_message(""), "");
}

TEST(PortHolder, ReadsTheKernelsTable) {
  const std::string table =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
      "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 12345 1 x\n"
      "   1: 0100007F:1F90 0100007F:D000 01 00000000:00000000 00:00000000 00000000  1001        0 99999 1 x\n"
      "   2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 777 1 x\n";
  const auto rows = socket_rows(table, 8080, true);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].inode, 12345u);
  EXPECT_EQ(rows[0].uid, 1001u);
  EXPECT_EQ(socket_rows(table, 8080, false).size(), 2u);
  EXPECT_TRUE(socket_rows(table, 81, true).empty());
}

}  // namespace
}  // namespace lichen::network
