#include "libpod/spec/network_record.hh"

#include <gmock/gmock.h>

#include "libpod/base/error.hh"
#include "libpod/spec/options.hh"

namespace lichen::spec {
namespace {

TEST(NetworkRecord, RoutesAreDestinationGatewayAndPerhapsAMetric) {
  const auto route = NetworkRoute::parse("10.20.1.0/16,10.89.0.254,7");
  ASSERT_TRUE(route);
  EXPECT_EQ(route->destination.text(), "10.20.0.0/16");
  EXPECT_EQ(route->gateway.text(), "10.89.0.254");
  EXPECT_EQ(route->metric, 7U);
  EXPECT_EQ(NetworkRoute::parse("::/0,fd00::1")->metric, 0U);
  for (const char* text : {"", "10.20.0.0/16", "10.20.0.0/16,", "10.20.0.0/16,fd00::1", "10.20.0.0,10.0.0.1",
                           "10.20.0.0/16,10.0.0.1,x", "10.20.0.0/16,10.0.0.1,4294967296", "10.20.0.0/16,10.0.0.1,1,2"})
    EXPECT_FALSE(NetworkRoute::parse(text)) << text;
}

TEST(NetworkRecord, ComesBackWhole) {
  NetworkRecord record;
  record.id = std::string(64, 'a');
  record.name = "app";
  record.interface = "br-app";
  const auto subnet = *IpNetwork::parse("10.89.0.0/24");
  record.subnets = {{subnet, default_gateway(subnet), subnet, {{"printer", *IpAddress::parse("10.89.0.9")}}}};
  record.routes = {*NetworkRoute::parse("10.20.0.0/16,10.89.0.254,7")};
  record.dns_servers = {"192.0.2.53"};
  const auto read = network_record_from_json(to_json(record), "test");
  EXPECT_EQ(to_json(read), to_json(record));
  EXPECT_EQ(read.subnets[0].reserved.at("printer").text(), "10.89.0.9");
  EXPECT_EQ(read.routes[0].gateway.text(), "10.89.0.254");
  // A record of before there were reserved addresses.
  Json old = to_json(record);
  old["subnets"][0].erase("reserved");
  EXPECT_TRUE(network_record_from_json(old, "test").subnets[0].reserved.empty());
}

TEST(Links, ContainerAndAlias) {
  EXPECT_EQ(parse_link("db"), "db:db");
  EXPECT_EQ(parse_link("db:data"), "db:data");
  EXPECT_EQ(parse_link("/db:/web/data"), "db:data");
  for (const char* text : {"", ":", "db:", ":data", "a b", "db:x y", "db:x\ny"})
    EXPECT_THROW(parse_link(text), Error) << text;
}

}  // namespace
}  // namespace lichen::spec
