#include "libpod/spec/ip_network.hh"

#include <gtest/gtest.h>

namespace lichen::spec {
namespace {

IpNetwork net(const char* text) { return *IpNetwork::parse(text); }
IpAddress ip(const char* text) { return *IpAddress::parse(text); }

TEST(IpNetwork, TextsOfBothFamiliesComeBack) {
  for (const char* text : {"10.1.0.0/16", "192.0.2.4/30", "0.0.0.0/0", "fd00:1::/64", "::/0", "203.0.113.9/32"})
    EXPECT_EQ(net(text).text(), text);
  EXPECT_EQ(net("10.1.2.3/16").text(), "10.1.0.0/16");
  EXPECT_EQ(net("fd00::abcd:1/112").text(), "fd00::abcd:0/112");
}

TEST(IpNetwork, WhatIsNoneIsRefused) {
  for (const char* text : {"", "/", "10.1.0.0", "10.1.0.0/33", "10.1.0/16", "10.1.0.0/-1", "10.1.0.0/16/2",
                           "fd00::/129", "::1%eth0/64", "10.1.0.0/ 8", "010.1.0.0/8"})
    EXPECT_FALSE(IpNetwork::parse(text)) << text;
  EXPECT_FALSE(IpAddress::parse(std::string_view("10.0.0.1\0x", 10)));
}

TEST(IpNetwork, ArithmeticCarriesAndStaysInItsFamily) {
  EXPECT_EQ(ip("10.0.0.255").plus(1).text(), "10.0.1.0");
  EXPECT_EQ(ip("10.0.0.0").plus(65536).text(), "10.1.0.0");
  EXPECT_EQ(ip("255.255.255.255").plus(1).text(), "0.0.0.0");
  EXPECT_EQ(ip("fd00::ffff:ffff").plus(1).text(), "fd00::1:0:0");
  EXPECT_EQ(net("10.1.0.0/16").last().text(), "10.1.255.255");
}

TEST(IpNetwork, ContainsAndOverlaps) {
  EXPECT_TRUE(net("10.0.0.0/8").contains(ip("10.255.1.2")));
  EXPECT_FALSE(net("10.0.0.0/8").contains(ip("11.0.0.0")));
  EXPECT_FALSE(net("0.0.0.0/0").contains(ip("::1")));
  EXPECT_TRUE(net("10.1.0.0/16").overlaps(net("10.0.0.0/8")));
  EXPECT_FALSE(net("10.1.0.0/16").overlaps(net("10.2.0.0/16")));
  EXPECT_TRUE(net("10.1.0.0/24").is_usable(ip("10.1.0.1")));
  EXPECT_FALSE(net("10.1.0.0/24").is_usable(ip("10.1.0.0")));
  EXPECT_FALSE(net("10.1.0.0/24").is_usable(ip("10.1.0.255")));
  EXPECT_TRUE(net("fd00::/64").is_usable(ip("fd00::ffff:ffff:ffff:ffff")));
}

TEST(IpNetwork, FreeNetworksAvoidThoseInUse) {
  EXPECT_EQ(next_free_network(default_pools4(), {})->text(), "172.17.0.0/16");
  EXPECT_EQ(next_free_network(default_pools4(), {net("172.16.0.0/12")})->text(), "192.168.0.0/20");
  EXPECT_EQ(next_free_network(default_pools4(), {net("172.17.0.0/16"), net("172.18.5.0/24")})->text(), "172.19.0.0/16");
  std::vector<IpNetwork> used{net("172.16.0.0/12"), net("192.168.0.0/16"), net("10.89.0.0/24")};
  EXPECT_EQ(next_free_network(default_pools4(), used)->text(), "10.89.1.0/24");
  used.push_back(net("10.88.0.0/13"));
  EXPECT_EQ(next_free_network(default_pools4(), used), std::nullopt);
}

TEST(IpNetwork, LocalNetworksDifferBySeed) {
  EXPECT_EQ(unique_local_network("a").text().substr(0, 2), "fd");
  EXPECT_EQ(unique_local_network("a"), unique_local_network("a"));
  EXPECT_NE(unique_local_network("a"), unique_local_network("b"));
}

TEST(IpNetwork, HardwareAddresses) {
  EXPECT_EQ(mac_of(ip("172.17.0.2")), "02:42:ac:11:00:02");
  EXPECT_EQ(parse_mac("92-D0-C6-0A-29-33"), "92:d0:c6:0a:29:33");
  for (const char* text : {"", "92:d0:c6:0a:29", "92:d0:c6:0a:29:3g", "93:d0:c6:0a:29:33", "00:00:00:00:00:00",
                           "92:d0:c6:0a:29:33:44", "92.d0.c6.0a.29.33"})
    EXPECT_FALSE(parse_mac(text)) << text;
}

}  // namespace
}  // namespace lichen::spec
