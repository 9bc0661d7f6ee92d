#include "libpod/hub/rules.hh"

#include <gmock/gmock.h>

namespace lichen::hub {
namespace {

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

using testing::Contains;
using testing::ElementsAre;
using testing::Key;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST(Rules, InternalNetworksHaveNoWayOut) {
  auto inner = endpoint("inner", "10.2.0.2", "10.2.0.1");
  inner.internal = true;
  const auto both = rule_elements({member({endpoint("app", "10.1.0.2", "10.1.0.1"), inner})});
  EXPECT_THAT(both, Contains(Pair("inet lichen open", ElementsAre("\"br-app\""))));
  EXPECT_THAT(rule_elements({member({inner})}), Not(Contains(Key("inet lichen open"))));
}

TEST(Rules, NamesAreAskedAtOnesOwnGatewayOnly) {
  const auto elements = rule_elements(
      {member({endpoint("app", "10.1.0.2", "10.1.0.1")}), member({endpoint("six", "fd00::2", "fd00::1")})});
  EXPECT_THAT(elements, Contains(Pair("inet lichen names4", ElementsAre("\"br-app\" . 10.1.0.1"))));
  EXPECT_THAT(elements, Contains(Pair("inet lichen names6", ElementsAre("\"br-six\" . fd00::1"))));
}

TEST(Rules, MembersSendFromTheirOwnAddressesOnly) {
  const auto elements = rule_elements({member({endpoint("app", "10.1.0.2", "10.1.0.1")})});
  EXPECT_THAT(elements, Contains(Pair("bridge lichen macs", ElementsAre("\"lcvapp\" . 02:42:0a:00:00:02"))));
  EXPECT_THAT(elements, Contains(Pair("bridge lichen addresses4", ElementsAre("\"lcvapp\" . 10.1.0.2"))));
}

TEST(Rules, RecordsThatAreNotOursMakeNoRule) {
  auto odd = endpoint("app", "10.1.0.2", "10.1.0.1");
  odd.bridge = "x\" drop; }";
  EXPECT_TRUE(rule_elements({member({odd})}).empty());
  odd = endpoint("app", "10.1.0.2 } accept", "10.1.0.1");
  EXPECT_TRUE(rule_elements({member({odd})}).empty());
}

TEST(Rules, AChangeSaysOnlyWhatChanged) {
  const RuleElements before{{"inet lichen open", {"\"a\"", "\"b\""}},
                            {"bridge lichen macs", {"x . 02:42:ac:11:00:02"}}};
  const RuleElements after{{"inet lichen open", {"\"b\"", "\"c\""}}, {"bridge lichen macs", {"x . 02:42:ac:11:00:03"}}};
  EXPECT_EQ(rules_change(before, after),
            "delete element bridge lichen macs { x . 02:42:ac:11:00:02 }\n"
            "delete element inet lichen open { \"a\" }\n"
            "add element bridge lichen macs { x . 02:42:ac:11:00:03 }\n"
            "add element inet lichen open { \"c\" }\n");
  EXPECT_EQ(rules_change(after, after), "");
}

}  // namespace
}  // namespace lichen::hub
