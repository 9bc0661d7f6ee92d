#include "libpod/store/container_store.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/base/id.hh"
#include "libpod/sys/io.hh"
#include "tests/unit/spec/expect_error.hh"
#include "tests/unit/sys/support.hh"

#include <unistd.h>

namespace lichen::store {
namespace {

using spec::expect_error;
using sys::Durability;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const std::string kA(64, 'a'), kB(64, 'b');

class ContainerStoreTest : public ::testing::Test {
 protected:
  ContainerStoreTest() { paths_.make(); }

  static spec::ContainerConfig config(const std::string& id, const std::string& name) {
    spec::ContainerConfig config;
    config.id = id;
    config.name = name;
    config.created = "2026-01-01T00:00:00Z";
    config.storage_driver = "overlay";
    return config;
  }
  void add(const std::string& id, const std::string& name) {
    store_.begin(config(id, name), Durability::none).publish();
  }
  void set_status(const std::string& id, wire::ContainerStatus status) {
    auto state = store_.load_state(id);
    state.status = status;
    store_.write_state(id, state, Durability::none);
  }
  /// A child that begins a container and is killed at that point.
  void begin_and_die(const std::string& id, const std::string& name) {
    auto child = sys::fork_child([&] {
      const auto maker = store_.begin(config(id, name), Durability::none);
      ::kill(::getpid(), SIGKILL);
      return 0;
    });
    ASSERT_EQ(child.wait().signal, SIGKILL);
  }

  test::TempDir dir_;
  Paths paths_{dir_ / "root", dir_ / "run", "boot"};
  ContainerStore store_{paths_};
};

TEST_F(ContainerStoreTest, PublishedOnesAreFoundByAllNames) {
  add(kA, "web");
  EXPECT_THAT(store_.list(), ElementsAre(kA));
  for (const auto& name : {kA, std::string("web"), std::string("a"), std::string(12, 'a')})
    EXPECT_EQ(store_.find(name), kA) << name;
  EXPECT_EQ(store_.load(kA).config.name, "web");
  EXPECT_EQ(store_.load(kA).state.status, wire::ContainerStatus::created);
  EXPECT_EQ(store_.load(kA).state.boot_id, "boot");
  EXPECT_THAT(sys::list_directory(paths_.staging()), IsEmpty());
  EXPECT_THAT(store_.names(), ElementsAre(std::pair<std::string, std::string>("web", kA)));
}

TEST_F(ContainerStoreTest, FindSaysWhatWasMeant) {
  add(kA, "web");
  add("ab" + kB.substr(2), "db");
  expect_error(ErrorKind::not_found, "no such container: wbe (did you mean 'web'?)", [&] { store_.find("wbe"); });
  expect_error(ErrorKind::not_found, "`lichen ps -a` lists", [&] { store_.find("something-else"); });
  expect_error(ErrorKind::conflict, "'a' is the beginning of 2 container ids", [&] { store_.find("a"); });
  EXPECT_EQ(store_.find("ab"), "ab" + kB.substr(2));
  for (const char* name : {"", ".", "..", "../names/web", "/", "web/"}) EXPECT_THROW(store_.find(name), Error) << name;
}

TEST_F(ContainerStoreTest, ANameIsPreferredToTheBeginningOfAnId) {
  add(kA, "b");
  add(kB, "x");
  EXPECT_EQ(store_.find("b"), kA);
}

TEST_F(ContainerStoreTest, UnpublishedOnesGoWithTheirMaker) {
  {
    const auto maker = store_.begin(config(kA, "web"), Durability::synced);
    EXPECT_THAT(store_.list(), IsEmpty()) << "not seen before it is published";
    EXPECT_THAT(store_.list(/*with_unfinished=*/true), ElementsAre(kA));
    EXPECT_TRUE(sys::is_locked(paths_.container_marker(kA)));
    EXPECT_EQ(store_.sweep_unfinished(), 0) << "its maker lives";
    EXPECT_TRUE(store_.has(kA));
  }
  EXPECT_FALSE(store_.has(kA));
  EXPECT_THAT(sys::list_directory(paths_.names()), IsEmpty());
  EXPECT_THAT(sys::list_directory(paths_.staging()), IsEmpty());
  EXPECT_NO_THROW(add(kB, "web"));
}

TEST_F(ContainerStoreTest, HandedOverOnesBelongToTheMarkersHeir) {
  sys::UniqueFd heir;
  {
    auto maker = store_.begin(config(kA, "web"), Durability::none);
    heir = sys::duplicate(maker.marker_fd());
    maker.hand_over();
  }
  EXPECT_TRUE(store_.has(kA));
  EXPECT_EQ(store_.sweep_unfinished(), 0);
  heir.reset();
  EXPECT_EQ(store_.sweep_unfinished(), 1) << "the heir is gone too";
  EXPECT_FALSE(store_.has(kA));
}

TEST_F(ContainerStoreTest, TakenNamesAreNamedWithTheirHolder) {
  add(kA, "web");
  expect_error(ErrorKind::conflict, "the name \"web\" is already in use by container aaaaaaaaaaaa (remove or rename",
               [&] { add(kB, "web"); });
  EXPECT_FALSE(store_.has(kB));
  EXPECT_THAT(sys::list_directory(paths_.staging()), IsEmpty()) << "the refused one leaves nothing";
  EXPECT_EQ(store_.find("web"), kA);
}

TEST_F(ContainerStoreTest, ANameInTheMakingIsTaken) {
  const auto maker = store_.begin(config(kA, "web"), Durability::none);
  expect_error(ErrorKind::conflict, "already in use", [&] { add(kB, "web"); });
}

TEST_F(ContainerStoreTest, StaleNamesAreTakenOver) {
  sys::make_symlink(kA, paths_.names() + "/web");
  EXPECT_THROW(store_.find("web"), Error) << "it leads to nothing";
  add(kB, "web");
  EXPECT_EQ(store_.find("web"), kB);
  sys::write_file(paths_.names() + "/odd", "no symlink");
  EXPECT_NO_THROW(add("c" + kB.substr(1), "odd"));
}

// Some processes begin containers of one name at the same moment; exactly one must get it.
TEST_F(ContainerStoreTest, OnlyOneOfManyGetsAName) {
  constexpr int kMakers = 6;
  for (int round = 0; round < 15; ++round) {
    const bool stale = round % 2 == 0;
    const std::string name = "n" + std::to_string(round);
    if (stale) sys::make_symlink(kA, paths_.names() + "/" + name);
    sys::Pipe gate = sys::make_pipe();
    std::vector<sys::Pid> makers;
    for (int i = 0; i < kMakers; ++i)
      makers.push_back(sys::fork_child([&] {
        gate.write.reset();
        char byte = 0;
        [[maybe_unused]] const auto count = ::read(gate.read.get(), &byte, 1);
        try {
          add(random_id(), name);
          return 0;
        } catch (const Error& error) {
          return error.kind() == ErrorKind::conflict ? 1 : 2;
        }
      }));
    gate.write.reset();
    int won = 0, lost = 0;
    for (auto& maker : makers) {
      const int code = maker.wait().code;
      won += code == 0 ? 1 : 0;
      lost += code == 1 ? 1 : 0;
    }
    EXPECT_EQ(won, 1) << "round " << round;
    EXPECT_EQ(lost, kMakers - 1) << "round " << round;
    EXPECT_EQ(store_.list().size(), static_cast<std::size_t>(round + 1));
    EXPECT_TRUE(store_.find_name(name));
  }
}

// `run --rm --name x` in loops beside each other: the end of one must not take the name of the next.
TEST_F(ContainerStoreTest, RemovalNeverTakesTheNameOfTheNext) {
  std::vector<sys::Pid> loops;
  for (int i = 0; i < 3; ++i)
    loops.push_back(sys::fork_child([&] {
      for (int turn = 0; turn < 60; ++turn) {
        const std::string id = random_id();
        try {
          add(id, "web");
        } catch (const Error& error) {
          if (error.kind() == ErrorKind::conflict) continue;
          return 2;
        }
        if (sys::read_link(paths_.names() + "/web") != id) return 3;
        store_.remove(id, "web");
      }
      return 0;
    }));
  for (auto& loop : loops) EXPECT_EQ(loop.wait().code, 0);
}

TEST_F(ContainerStoreTest, KilledMakersAreSwept) {
  begin_and_die(kA, "web");
  EXPECT_TRUE(store_.has(kA));
  EXPECT_THAT(store_.list(), IsEmpty()) << "not seen even before the sweep";
  EXPECT_EQ(store_.sweep_unfinished(), 1);
  EXPECT_FALSE(store_.has(kA));
  EXPECT_THAT(sys::list_directory(paths_.names()), IsEmpty());
  EXPECT_THAT(sys::list_directory(paths_.staging()), IsEmpty());
  EXPECT_EQ(store_.sweep_unfinished(), 0);
}

TEST_F(ContainerStoreTest, StartedOnesArePublishedBySweeping) {
  begin_and_die(kA, "web");
  auto state = store_.load_state(kA);
  state.status = wire::ContainerStatus::running;
  state.started_at = "2026-01-01T00:00:00Z";
  store_.write_state(kA, state, Durability::none);
  EXPECT_EQ(store_.sweep_unfinished(), 0);
  EXPECT_THAT(store_.list(), ElementsAre(kA));
  EXPECT_THAT(sys::list_directory(paths_.staging()), IsEmpty());
}

TEST_F(ContainerStoreTest, NamesOfRemovedOnesAreFreedOncePerBoot) {
  add(kA, "web");
  add(kB, "kept");
  sys::remove_tree(paths_.container(kA));
  sys::make_symlink(kB, paths_.names() + "/old-name-of-kept");
  store_.sweep_names();
  EXPECT_THAT(sys::list_directory(paths_.names()), ElementsAre("kept"));
  EXPECT_FALSE(paths_.make());
  EXPECT_TRUE((Paths{dir_ / "root", dir_ / "run", "next-boot"}.make()));
}

TEST_F(ContainerStoreTest, WholeOnesOfAnEarlierBootArePublishedBySweeping) {
  // A power cut may bring back the marker of a `create` that had told its id.
  begin_and_die(kA, "web");
  const Paths next{dir_ / "root", dir_ / "run", "next-boot"};
  ContainerStore after(next);
  EXPECT_THAT(after.list(), ElementsAre(kA)) << "seen even before the sweep";
  EXPECT_EQ(after.sweep_unfinished(), 0);
  EXPECT_THAT(after.list(), ElementsAre(kA));
  EXPECT_EQ(after.find("web"), kA);
  EXPECT_THAT(sys::list_directory(paths_.staging()), IsEmpty());
}

TEST_F(ContainerStoreTest, HalfMadeOnesOfAnEarlierBootAreSwept) {
  const Paths next{dir_ / "root", dir_ / "run", "next-boot"};
  ContainerStore after(next);
  begin_and_die(kA, "nameless");
  sys::remove_file(paths_.names() + "/nameless");
  EXPECT_EQ(after.sweep_unfinished(), 1);
  auto with_volume = config(kB, "web");
  spec::MountConfig mount;
  mount.type = spec::MountType::volume;
  mount.source = "never-made";
  mount.destination = "/data";
  with_volume.mounts.push_back(mount);
  begin_and_die(kB, "web");
  store_.write_config(with_volume, Durability::none);
  EXPECT_EQ(after.sweep_unfinished(), 1);
  begin_and_die(kB, "web");
  auto removed = config(kB, "web");
  removed.auto_remove = true;
  store_.write_config(removed, Durability::none);
  EXPECT_EQ(after.sweep_unfinished(), 1);
  EXPECT_THAT(after.list(), IsEmpty());
}

TEST_F(ContainerStoreTest, MakersKilledBeforeTheFirstRecordAreSweptInAnyBoot) {
  for (const char* boot : {"boot", "next-boot"}) {
    begin_and_die(kA, "web");
    for (const char* record : {"config.json", "state.json"}) sys::remove_file(paths_.container(kA) + "/" + record);
    const Paths paths{dir_ / "root", dir_ / "run", boot};
    ContainerStore after(paths);
    EXPECT_THAT(after.list(), IsEmpty()) << boot;
    EXPECT_EQ(after.sweep_unfinished(), 1) << boot;
    EXPECT_FALSE(after.has(kA)) << boot;
    EXPECT_THAT(sys::list_directory(paths_.names()), IsEmpty()) << boot;
  }
}

TEST_F(ContainerStoreTest, RecordsThatAPowerCutEmptiedAreSweptToo) {
  // Records of a container in the making are not synced: after a power cut they may be empty.
  begin_and_die(kA, "web");
  sys::write_file(paths_.container(kA) + "/state.json", "");
  EXPECT_EQ(store_.sweep_unfinished(), 1);
  EXPECT_FALSE(store_.has(kA));
  begin_and_die(kB, "web");
  sys::write_file(paths_.container(kB) + "/config.json", "");
  EXPECT_EQ(store_.sweep_unfinished(), 1);
  EXPECT_FALSE(store_.has(kB));
  EXPECT_THAT(sys::list_directory(paths_.staging()), IsEmpty());
  EXPECT_NO_THROW(add("c" + kB.substr(1), "web"));
}

TEST_F(ContainerStoreTest, PassingOnesStayButWhenTorn) {
  auto passing = config(kA, "web");
  passing.auto_remove = true;
  store_.begin(passing, Durability::none).publish();
  EXPECT_THAT(sys::list_directory(paths_.staging()), ElementsAre("r-" + kA));
  EXPECT_EQ(store_.sweep_unfinished(), 0);
  EXPECT_THAT(store_.list(), ElementsAre(kA));
  sys::write_file(paths_.container(kA) + "/config.json", "");  // what a power cut may leave of it
  {
    const auto monitor = sys::try_lock(paths_.passing_marker(kA), sys::LockMode::exclusive);
    EXPECT_EQ(store_.sweep_unfinished(), 0) << "somebody has it";
    EXPECT_THAT(store_.list(), ElementsAre(kA));
  }
  EXPECT_THAT(store_.list(), IsEmpty()) << "not shown even before the sweep";
  EXPECT_EQ(store_.sweep_unfinished(), 1);
  EXPECT_FALSE(store_.has(kA));
  EXPECT_THAT(sys::list_directory(paths_.names()), IsEmpty());
  EXPECT_THAT(sys::list_directory(paths_.staging()), IsEmpty());
}

TEST_F(ContainerStoreTest, PassingOnesTakeTheirMarkerAlong) {
  auto passing = config(kA, "web");
  passing.auto_remove = true;
  store_.begin(passing, Durability::none).publish();
  store_.remove(kA, "web");
  EXPECT_THAT(sys::list_directory(paths_.staging()), IsEmpty());
  store_.begin(passing, Durability::none).publish();
  sys::remove_tree(paths_.container(kA));  // killed in between
  EXPECT_EQ(store_.sweep_unfinished(), 1);
  EXPECT_THAT(sys::list_directory(paths_.staging()), IsEmpty());
}

TEST_F(ContainerStoreTest, StrangeMarkersAreLeftAlone) {
  sys::write_file(paths_.staging() + "/c-short", "");
  sys::write_file(paths_.staging() + "/c-" + std::string(64, '.'), "");
  EXPECT_EQ(store_.sweep_unfinished(), 0);
  EXPECT_EQ(sys::list_directory(paths_.staging()).size(), 2U);
}

TEST_F(ContainerStoreTest, DamagedRecordsNameTheFileAndTheWayOut) {
  add(kA, "web");
  const std::string folder = paths_.container(kA);
  for (const char* damage : {"", "{", "[]", "{\"version\":99}", "\xff"}) {
    sys::write_file(folder + "/state.json", damage);
    expect_error(
        ErrorKind::invalid, folder + "/state.json", [&] { store_.load(kA); }, damage);
  }
  sys::write_file(folder + "/state.json", "{");
  expect_error(ErrorKind::invalid, "system check --repair", [&] { store_.load_state(kA); });
  sys::write_file(folder + "/config.json", "");
  expect_error(ErrorKind::invalid, folder + "/config.json: not valid JSON", [&] { store_.load_config(kA); });
  EXPECT_THAT(store_.list(), ElementsAre(kA)) << "a damaged one is still listed";
  EXPECT_EQ(store_.find("web"), kA);
  EXPECT_NO_THROW(store_.remove(kA, "web"));
  EXPECT_THAT(store_.list(), IsEmpty());
}

TEST_F(ContainerStoreTest, ARecordCutOffBetweenItsFiles) {
  add(kA, "web");
  sys::remove_file(paths_.container(kA) + "/state.json");
  EXPECT_EQ(store_.load(kA).state.status, wire::ContainerStatus::created);
  expect_error(ErrorKind::not_found, "state.json", [&] { store_.load_state(kB); });
}

TEST_F(ContainerStoreTest, LostMeansRunningWithoutAMonitor) {
  add(kA, "web");
  using enum wire::ContainerStatus;
  for (const auto status : {running, paused, restarting, removing}) {
    set_status(kA, status);
    EXPECT_TRUE(store_.load(kA).is_lost()) << wire::to_string(status);
  }
  for (const auto status : {created, exited}) {
    set_status(kA, status);
    EXPECT_FALSE(store_.load(kA).is_lost()) << wire::to_string(status);
  }
  set_status(kA, running);
  sys::make_directories(paths_.container_run(kA));
  const auto lock =
      sys::try_lock(paths_.container_run(kA) + "/monitor.lock", sys::LockMode::exclusive, /*create=*/true);
  ASSERT_TRUE(lock);
  EXPECT_TRUE(store_.load(kA).monitor_alive);
  EXPECT_FALSE(store_.load(kA).is_lost());
  const Paths rebooted(dir_ / "root", dir_ / "run", "other-boot");
  EXPECT_TRUE(ContainerStore(rebooted).load(kA).is_lost()) << "a lock of another boot is nobody's";
}

TEST_F(ContainerStoreTest, RenameKeepsOneName) {
  add(kA, "web");
  add(kB, "db");
  store_.rename(kA, "front");
  EXPECT_EQ(store_.find("front"), kA);
  EXPECT_EQ(store_.find_name("web"), std::nullopt);
  expect_error(ErrorKind::conflict, "already in use by container bbbbbbbbbbbb", [&] { store_.rename(kA, "db"); });
  EXPECT_EQ(store_.find("front"), kA);
  EXPECT_EQ(store_.find("db"), kB);
}

TEST_F(ContainerStoreTest, RemoveTakesNothingOfOthers) {
  add(kA, "web");
  add(kB, "db");
  sys::make_directories(paths_.container_run(kA));
  store_.remove(kA, "db");  // a wrong name
  EXPECT_FALSE(store_.has(kA));
  EXPECT_FALSE(sys::exists(paths_.container_run(kA)));
  EXPECT_EQ(store_.find("db"), kB);
  EXPECT_NO_THROW(store_.remove(kA, "web")) << "twice is fine";
}

}  // namespace
}  // namespace lichen::store
