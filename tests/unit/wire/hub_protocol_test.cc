#include "libpod/wire/hub_protocol.hh"

#include <gmock/gmock.h>

namespace lichen::wire {
namespace {

HubEndpoint endpoint(bool internal, std::int64_t priority) {
  HubEndpoint out;
  out.internal = internal;
  out.gateway_priority = priority;
  return out;
}

TEST(HubProtocol, MembersComeBackWhole) {
  HubMember member;
  member.id = std::string(64, 'a');
  member.endpoints = {endpoint(false, -3)};
  member.endpoints[0].subnets = {{"10.1.0.2", "10.1.0.1", 24}};
  member.endpoints[0].routes = {{"10.20.0.0/16", "10.1.0.9", 7}};
  member.endpoints[0].dns_servers = {"192.0.2.53"};
  const auto read = hub_member_from_json(to_json(member), "test");
  EXPECT_EQ(to_json(read), to_json(member));
  EXPECT_EQ(read.endpoints[0].routes[0].metric, 7U);
  EXPECT_EQ(read.endpoints[0].gateway_priority, -3);
}

TEST(HubProtocol, MembersOfAnOlderProgramAreRead) {
  HubMember member;
  member.endpoints = {endpoint(false, 0)};
  Json old = to_json(member);
  for (const char* key : {"routes", "dns_servers", "gateway_priority"}) old["endpoints"][0].erase(key);
  EXPECT_TRUE(hub_member_from_json(old, "test").endpoints[0].routes.empty());
}

TEST(HubProtocol, TheHighestPriorityIsTheWayOutOfEqualsTheFirst) {
  EXPECT_EQ(way_out_of({}), 0U);
  EXPECT_EQ(way_out_of({endpoint(true, 9)}), 1U);
  EXPECT_EQ(way_out_of({endpoint(true, 9), endpoint(false, 0), endpoint(false, 0)}), 1U);
  EXPECT_EQ(way_out_of({endpoint(false, 0), endpoint(false, 5)}), 1U);
  EXPECT_EQ(way_out_of({endpoint(false, -1), endpoint(false, -2)}), 0U);
}

}  // namespace
}  // namespace lichen::wire
