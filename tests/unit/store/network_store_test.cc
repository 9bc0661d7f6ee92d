#include "libpod/store/network_store.hh"

#include <set>
#include <thread>

#include <gmock/gmock.h>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/sys/fs.hh"
#include "tests/unit/sys/support.hh"

namespace lichen::store {
namespace {

using testing::ElementsAre;

class NetworkStoreTest : public testing::Test {
 protected:
  NetworkStoreTest() {
    paths_.make();
    record_.id = random_id();
    record_.name = "app";
    record_.interface = "br-app";
    record_.subnets = {subnet("10.9.0.0/29")};
    store_.create(record_);
  }
  static spec::SubnetConfig subnet(const char* text) {
    const auto network = *spec::IpNetwork::parse(text);
    return {network, spec::default_gateway(network), network};
  }
  std::string lease(const std::string& container, const std::optional<spec::IpAddress>& wanted = {}) {
    return store_
        .lease("app", record_.subnets[0], container, wanted, [&](const std::string& id) { return !dead_.contains(id); })
        .text();
  }

  test::TempDir dir_;
  Paths paths_{dir_ / "root", dir_ / "run", "boot"};
  NetworkStore store_{paths_};
  spec::NetworkRecord record_;
  std::set<std::string> dead_;
};

TEST_F(NetworkStoreTest, RecordsComeBack) {
  const auto read = store_.get("app");
  EXPECT_EQ(spec::to_json(read), spec::to_json(record_));
  EXPECT_THAT(store_.list(), ElementsAre("app", "bridge"));
  EXPECT_EQ(store_.find(record_.id.substr(0, 12)), "app");
  EXPECT_FALSE(store_.create(record_));
  EXPECT_THROW(store_.get("apq"), Error);
  EXPECT_THROW(store_.get("../app"), Error);
  store_.remove("app");
  EXPECT_THAT(store_.list(), ElementsAre("bridge"));
}

TEST_F(NetworkStoreTest, EachContainerHasOneAddressAndKeepsIt) {
  EXPECT_EQ(lease("one"), "10.9.0.2");
  EXPECT_EQ(lease("two"), "10.9.0.3");
  EXPECT_EQ(lease("one"), "10.9.0.2");
  store_.release("app", "one");
  EXPECT_EQ(lease("three"), "10.9.0.2");
}

TEST_F(NetworkStoreTest, WantedAddresses) {
  EXPECT_EQ(lease("one", spec::IpAddress::parse("10.9.0.5")), "10.9.0.5");
  EXPECT_THROW(lease("two", spec::IpAddress::parse("10.9.0.5")), Error);
  for (const char* text : {"10.9.0.0", "10.9.0.1", "10.9.0.7", "10.9.1.2"})
    EXPECT_THROW(lease("two", spec::IpAddress::parse(text)), Error) << text;
}

TEST_F(NetworkStoreTest, WhenNoneIsLeftThoseOfTheDeadAreTaken) {
  for (const char* name : {"a", "b", "c", "d", "e"}) lease(name);
  EXPECT_THROW(lease("f"), Error);
  dead_ = {"c"};
  EXPECT_EQ(lease("f"), "10.9.0.4");
  EXPECT_EQ(lease("a"), "10.9.0.2");
}

TEST_F(NetworkStoreTest, TenThousandContainersOneAfterTheOther) {
  for (int i = 0; i < 10000; ++i) {
    const std::string name = format("c{}", i);
    ASSERT_NO_THROW(lease(name)) << i;
    // Every other one is removed; what the others had must be found again, without a word from them.
    if (i % 2 == 0)
      store_.release("app", name);
    else
      dead_.insert(name);
  }
  EXPECT_LE(store_.leases("app").size(), 5U);
}

TEST_F(NetworkStoreTest, ReservedAddressesAreGivenToNobody) {
  record_.subnets[0].reserved = {{"printer", *spec::IpAddress::parse("10.9.0.2")}};
  store_.update(record_);
  EXPECT_EQ(spec::to_json(store_.get("app")), spec::to_json(record_));
  EXPECT_EQ(lease("one"), "10.9.0.3");
  EXPECT_THROW(lease("two", spec::IpAddress::parse("10.9.0.2")), Error);
}

TEST_F(NetworkStoreTest, NoAddressOfANetworkThatIsGone) {
  store_.remove("app");
  EXPECT_THROW(lease("one"), Error);
  EXPECT_FALSE(sys::exists(paths_.network("app")));
}

TEST_F(NetworkStoreTest, WhoHoldsItIsNotDisturbedByRemoval) {
  auto lock = std::make_optional(store_.hold("app"));
  std::thread other([&] {
    EXPECT_THROW(lease("one"), Error);  // waits for the lock, and finds nothing then
  });
  store_.remove("app");
  lock.reset();
  other.join();
  EXPECT_FALSE(sys::exists(paths_.network("app")));
}

}  // namespace
}  // namespace lichen::store
