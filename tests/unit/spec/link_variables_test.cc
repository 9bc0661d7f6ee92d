#include "libpod/spec/link_variables.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lichen::spec {
namespace {

using testing::ElementsAre;
using testing::IsSupersetOf;

ContainerConfig with_ports(std::vector<std::string> exposed) {
  ContainerConfig config;
  config.network.expose = std::move(exposed);
  return config;
}

TEST(LinkVariables, TellThePortByItsLowestNumber) {
  EXPECT_THAT(link_variables("web", "db", "10.0.0.2", with_ports({"5433/tcp", "5431/udp"})),
              ElementsAre("DB_PORT=udp://10.0.0.2:5431", "DB_PORT_5431_UDP=udp://10.0.0.2:5431",
                          "DB_PORT_5431_UDP_ADDR=10.0.0.2", "DB_PORT_5431_UDP_PORT=5431", "DB_PORT_5431_UDP_PROTO=udp",
                          "DB_PORT_5433_TCP=tcp://10.0.0.2:5433", "DB_PORT_5433_TCP_ADDR=10.0.0.2",
                          "DB_PORT_5433_TCP_PORT=5433", "DB_PORT_5433_TCP_PROTO=tcp", "DB_NAME=/web/db"));
}

TEST(LinkVariables, PortsWithoutAGapHaveABeginAndAnEnd) {
  EXPECT_THAT(link_variables("web", "db", "10.0.0.2", with_ports({"81/tcp", "80/tcp", "82/tcp"})),
              IsSupersetOf({"DB_PORT_80_TCP_START=tcp://10.0.0.2:80", "DB_PORT_80_TCP_PORT_START=80",
                            "DB_PORT_80_TCP_END=tcp://10.0.0.2:82", "DB_PORT_80_TCP_PORT_END=82"}));
}

TEST(LinkVariables, APublishedPortThatIsAlsoExposedStandsOnce) {
  auto other = with_ports({"80/tcp"});
  other.network.ports.push_back({.host_ip = {}, .host_port = 8080, .container_port = 80, .protocol = "tcp"});
  EXPECT_EQ(link_variables("web", "db", "10.0.0.2", other).size(), 6U);
}

TEST(LinkVariables, EnvironmentOfTheOtherWithoutPathAndHome) {
  auto other = with_ports({});
  other.env = {"PATH=/bin", "HOME=/root", "PASSWORD=a=b", "PATHS=x"};
  EXPECT_THAT(link_variables("web", "my-db", "10.0.0.2", other),
              ElementsAre("MY_DB_NAME=/web/my-db", "MY_DB_ENV_PASSWORD=a=b", "MY_DB_ENV_PATHS=x"));
}

TEST(LinkVariables, AnAddressOfVersion6StandsInBrackets) {
  EXPECT_THAT(link_variables("web", "db", "fd00::2", with_ports({"80/tcp"})),
              IsSupersetOf({"DB_PORT=tcp://[fd00::2]:80", "DB_PORT_80_TCP_ADDR=fd00::2"}));
}

}  // namespace
}  // namespace lichen::spec
