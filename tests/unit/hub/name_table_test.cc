#include "libpod/hub/name_table.hh"

#include <gmock/gmock.h>

namespace lichen::hub {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

spec::IpAddress ip(const char* text) { return *spec::IpAddress::parse(text); }

wire::HubEndpoint at(const std::string& network, const std::string& address, std::vector<std::string> names) {
  wire::HubEndpoint out;
  out.network = network;
  out.subnets = {{address, "", address.find(':') == std::string::npos ? 24U : 64U}};
  out.names = std::move(names);
  return out;
}

wire::HubMember member(char id, std::vector<wire::HubEndpoint> endpoints) {
  wire::HubMember out;
  out.id = std::string(64, id);
  out.endpoints = std::move(endpoints);
  return out;
}

class Table : public testing::Test {
 protected:
  Table() {
    table.set(member('a', {at("app", "10.1.0.2", {"Web", "www"}), at("back", "10.2.0.2", {"web"})}));
    table.set(member('b', {at("app", "10.1.0.3", {"api", "www"})}));
    table.set(member('c', {at("back", "10.2.0.3", {"db"})}));
  }
  const wire::HubMember& asker(const char* address) const { return *table.member_at(ip(address)); }
  NameTable table;
};

TEST_F(Table, OneHearsOfThoseOnOnesOwnNetworksOnly) {
  EXPECT_THAT(*table.addresses(asker("10.1.0.2"), "db"), ElementsAre(ip("10.2.0.3")));
  EXPECT_THAT(*table.addresses(asker("10.1.0.2"), "api"), ElementsAre(ip("10.1.0.3")));
  EXPECT_FALSE(table.addresses(asker("10.1.0.3"), "db"));
  // Of one that is on two networks, the address on the shared one.
  EXPECT_THAT(*table.addresses(asker("10.1.0.3"), "web"), ElementsAre(ip("10.1.0.2")));
  EXPECT_EQ(table.member_at(ip("10.9.0.1")), nullptr);
}

TEST_F(Table, SeveralOfOneName) {
  EXPECT_THAT(*table.addresses(asker("10.1.0.3"), "www"), ElementsAre(ip("10.1.0.2"), ip("10.1.0.3")));
  EXPECT_THAT(*table.addresses(asker("10.1.0.3"), "www.app"), ElementsAre(ip("10.1.0.2"), ip("10.1.0.3")));
  EXPECT_FALSE(table.addresses(asker("10.1.0.3"), "www.back"));
}

TEST_F(Table, WhoGoesIsForgottenAndWhoMovesIsFound) {
  table.drop(std::string(64, 'b'));
  EXPECT_FALSE(table.addresses(asker("10.1.0.2"), "api"));
  EXPECT_THAT(*table.addresses(asker("10.1.0.2"), "www"), ElementsAre(ip("10.1.0.2")));
  EXPECT_EQ(table.member_at(ip("10.1.0.3")), nullptr);
  table.set(member('c', {at("back", "10.2.0.9", {"store"})}));
  EXPECT_FALSE(table.addresses(asker("10.2.0.2"), "db"));
  EXPECT_THAT(*table.addresses(asker("10.2.0.2"), "store"), ElementsAre(ip("10.2.0.9")));
}

TEST_F(Table, NamesOfAddresses) {
  EXPECT_EQ(table.name_of(asker("10.1.0.3"), ip("10.1.0.2")), "Web");
  EXPECT_EQ(table.name_of(asker("10.1.0.3"), ip("10.2.0.3")), "");
  EXPECT_TRUE(NameTable::is_near(asker("10.1.0.3"), ip("10.1.0.77")));
  EXPECT_FALSE(NameTable::is_near(asker("10.1.0.3"), ip("10.2.0.3")));
}

TEST_F(Table, NetworksWithoutNames) {
  auto silent = at("app", "10.1.0.4", {"quiet"});
  silent.dns = false;
  table.set(member('d', {silent}));
  EXPECT_FALSE(table.addresses(asker("10.1.0.3"), "quiet"));
  EXPECT_FALSE(table.addresses(asker("10.1.0.4"), "api"));
}

TEST(Servers, NobodyIsAskedForWhoHasNoWayOut) {
  auto inner = at("inner", "10.3.0.2", {});
  inner.internal = true;
  EXPECT_THAT(NameTable::servers(member('a', {inner})), IsEmpty());
  auto both = member('a', {inner, at("app", "10.1.0.2", {})});
  EXPECT_THAT(NameTable::servers(both), ElementsAre("10.0.2.3"));
  both.endpoints[0].dns_servers = {"192.0.2.8"};
  both.endpoints[1].dns_servers = {"192.0.2.9"};
  EXPECT_THAT(NameTable::servers(both), ElementsAre("192.0.2.9"));
  both.dns_servers = {"192.0.2.1"};
  EXPECT_THAT(NameTable::servers(both), ElementsAre("192.0.2.1"));
}

}  // namespace
}  // namespace lichen::hub
