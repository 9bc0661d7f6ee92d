#include "libpod/hub/rules.hh"

#include <gmock/gmock.h>

#include "libpod/hub/names.hh"

namespace lichen::hub {
namespace {

using testing::HasSubstr;
using testing::Not;

wire::HubEndpoint endpoint(const std::string& network, const std::string& address, const std::string& gateway) {
  wire::HubEndpoint out;
  out.network = network;
  out.bridge = "br-" + network;
  out.outer_link = "lcv" + network;
  out.mac = "02:42:0a:00:00:02";
  out.subnets = {{address, gateway, 24}};
  out.names = {"web", "0123456789ab"};
  return out;
}

wire::HubMember member(std::vector<wire::HubEndpoint> endpoints) {
  wire::HubMember out;
  out.id = std::string(64, 'a');
  out.endpoints = std::move(endpoints);
  return out;
}

TEST(Rules, InternalNetworksHaveNoWayOut) {
  auto inner = endpoint("inner", "10.2.0.2", "10.2.0.1");
  inner.internal = true;
  const auto text = rules_text({member({endpoint("app", "10.1.0.2", "10.1.0.1"), inner})}, {});
  EXPECT_THAT(text, HasSubstr("iifname { \"br-app\" } oifname \"tap0\" accept"));
  EXPECT_THAT(rules_text({member({inner})}, {}), Not(HasSubstr("oifname \"tap0\" accept")));
}

TEST(Rules, NamesAreAskedAtOnesOwnGatewayOnly) {
  const auto text = rules_text(
      {member({endpoint("app", "10.1.0.2", "10.1.0.1")}), member({endpoint("six", "fd00::2", "fd00::1")})}, {});
  EXPECT_THAT(text,
              HasSubstr("iifname . ip daddr { \"br-app\" . 10.1.0.1 } meta l4proto { 6, 17 } th dport 53 accept"));
  EXPECT_THAT(text, HasSubstr("iifname . ip6 daddr { \"br-six\" . fd00::1 }"));
}

TEST(Rules, PortsAreDelivered) {
  EXPECT_THAT(rules_text({}, {{"udp", 5353, "10.1.0.2", 53}}), HasSubstr("udp dport 5353 dnat ip to 10.1.0.2:53"));
}

TEST(Rules, RecordsThatAreNotOursMakeNoRule) {
  auto odd = endpoint("app", "10.1.0.2", "10.1.0.1");
  odd.bridge = "x\" drop; }";
  EXPECT_THAT(rules_text({member({odd})}, {}), Not(HasSubstr("x\"")));
  odd = endpoint("app", "10.1.0.2 } accept", "10.1.0.1");
  EXPECT_THAT(rules_text({member({odd})}, {}), Not(HasSubstr("10.1.0.2")));
}

TEST(Names, OneFileForEachNetwork) {
  auto second = member({endpoint("app", "10.1.0.3", "10.1.0.1")});
  second.id = std::string(64, 'b');
  second.endpoints[0].names = {"db"};
  second.dns_servers = {"192.0.2.1", "192.0.2.2"};
  auto silent = endpoint("silent", "10.3.0.2", "10.3.0.1");
  silent.dns = false;
  const auto files = names_files({member({endpoint("app", "10.1.0.2", "10.1.0.1"), silent}), second});
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files.at("app"), "10.1.0.1\n" + std::string(64, 'a') + " 10.1.0.2  web,0123456789ab\n" +
                                 std::string(64, 'b') + " 10.1.0.3  db 192.0.2.1,192.0.2.2\n");
}

TEST(Names, ServersOfTheNetworkAreForMembersWithoutTheirOwn) {
  auto first = endpoint("app", "10.1.0.2", "10.1.0.1"), second = endpoint("app", "10.1.0.3", "10.1.0.1");
  first.dns_servers = second.dns_servers = {"192.0.2.53", "192.0.2.54"};
  auto other = member({second});
  other.id = std::string(64, 'b');
  other.dns_servers = {"192.0.2.1"};
  const auto file = names_files({member({first}), other}).at("app");
  EXPECT_THAT(file, HasSubstr(" 10.1.0.2  web,0123456789ab 192.0.2.53,192.0.2.54\n"));
  EXPECT_THAT(file, HasSubstr(" 10.1.0.3  web,0123456789ab 192.0.2.1\n"));
}

}  // namespace
}  // namespace lichen::hub
