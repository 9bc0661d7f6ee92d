#include "libpod/engine/network_pools.hh"

#include <gmock/gmock.h>

namespace lichen::engine {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> texts(const std::vector<spec::IpNetwork>& networks) {
  std::vector<std::string> out;
  for (const auto& network : networks) out.push_back(network.text());
  return out;
}

TEST(NetworkPools, RoutesOfTheKernelWithoutDefaultOnes) {
  const std::string table =
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
      "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
      "eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
      "eth0\t00A8C0\t\n";
  EXPECT_THAT(texts(parse_routes4(table)), ElementsAre("172.17.0.0/16"));
  EXPECT_THAT(parse_routes4(""), IsEmpty());
}

TEST(NetworkPools, RoutesOfIpv6) {
  const std::string zero(32, '0');
  const std::string tail = " " + zero + " 00 " + zero + " 00000400 00000001 00000000 00000001     eth0\n";
  const std::string table = zero + " 00" + tail + "fd120000000000000000000000000000 40" + tail +
                            "00000000000000000000000000000001 80" + tail + "fd12 40" + tail +
                            "fd120000000000000000000000000000 ff" + tail;
  EXPECT_THAT(texts(parse_routes6(table)), ElementsAre("fd12::/64", "::1/128"));
}

}  // namespace
}  // namespace lichen::engine
