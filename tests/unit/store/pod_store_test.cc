#include "libpod/store/pod_store.hh"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "tests/unit/sys/support.hh"

namespace lichen::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class PodStoreTest : public testing::Test {
 protected:
  PodStoreTest() { paths_.make(); }
  static spec::PodConfig pod(const std::string& name) {
    spec::PodConfig config;
    config.id = config.settings.id = random_id();
    config.name = name;
    return config;
  }
  static std::string message(const std::function<void()>& act) {
    try {
      act();
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  }

  test::TempDir dir_;
  Paths paths_{dir_ / "root", dir_ / "run", "boot"};
  PodStore store_{paths_};
};

TEST_F(PodStoreTest, PodsComeBackByNameAndId) {
  const auto app = pod("app");
  EXPECT_THAT(store_.list(), IsEmpty());  // no folder yet
  store_.create(app);
  EXPECT_EQ(spec::to_json(store_.get(app.id)), spec::to_json(app));
  EXPECT_TRUE(sys::is_directory(paths_.pod_rootfs(app.id)));
  EXPECT_EQ(store_.find("app"), app.id);
  EXPECT_EQ(store_.find(app.id.substr(0, 10)), app.id);
  EXPECT_EQ(store_.find_name("app"), app.id);
  EXPECT_THAT(store_.list(), ElementsAre(app.id));
  EXPECT_THAT(message([&] { store_.find("apq"); }), HasSubstr("no such pod: apq"));
  EXPECT_THAT(message([&] { store_.find("../app"); }), HasSubstr("no such pod"));
  EXPECT_TRUE(store_.remove(app.id, "app"));
  EXPECT_FALSE(store_.remove(app.id, "app"));
  EXPECT_THAT(store_.names(), IsEmpty());
  EXPECT_THAT(message([&] { store_.hold(app.id, sys::LockMode::shared); }), HasSubstr("no such pod"));
}

TEST_F(PodStoreTest, ANameIsOnePods) {
  store_.create(pod("app"));
  EXPECT_THAT(message([&] { store_.create(pod("app")); }), HasSubstr("already in use by pod"));
  EXPECT_EQ(store_.list().size(), 1u);
  EXPECT_THAT(sys::list_directory(paths_.staging()), IsEmpty());
}

TEST_F(PodStoreTest, OfManyThatWantANameOneGetsIt) {
  std::atomic<int> made = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      try {
        store_.create(pod("app"));
        ++made;
      } catch (const Error&) {
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(store_.list().size(), 1u);
}

// What a command leaves that was killed between two steps.
TEST_F(PodStoreTest, ANameWithoutAPodIsTakenOver) {
  const auto gone = pod("app"), next = pod("app");
  store_.create(gone);
  sys::remove_tree(paths_.pod(gone.id));
  EXPECT_EQ(store_.find_name("app"), std::nullopt);
  store_.create(next);
  EXPECT_EQ(store_.find("app"), next.id);
  store_.remove(gone.id, "app");  // late: the name is another's
  EXPECT_EQ(store_.find("app"), next.id);
}

TEST_F(PodStoreTest, DamageIsNamedAndKeepsNobodyFromRemoving) {
  const auto app = pod("app");
  store_.create(app);
  sys::write_file(paths_.pod(app.id) + "/config.json", "{");
  EXPECT_THAT(message([&] { store_.get(app.id); }), HasSubstr("config.json"));
  EXPECT_EQ(store_.find("app"), app.id);
  EXPECT_TRUE(store_.remove(app.id, ""));
  EXPECT_THAT(store_.names(), IsEmpty());
}

TEST_F(PodStoreTest, WhoAddsContainersSharesThePodWhoRemovesItIsAlone) {
  const auto app = pod("app");
  store_.create(app);
  const auto one = store_.hold(app.id, sys::LockMode::shared), two = store_.hold(app.id, sys::LockMode::shared);
  EXPECT_FALSE(sys::try_lock(paths_.pod(app.id), sys::LockMode::exclusive));
  const auto holder = store_.hold_holder(app.id);  // another lock
  EXPECT_TRUE(holder);
}

}  // namespace
}  // namespace lichen::store
