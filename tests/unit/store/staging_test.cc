// Paths, staging and volumes.
#include "libpod/store/staging.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/store/volume_store.hh"
#include "libpod/sys/io.hh"
#include "tests/unit/spec/expect_error.hh"
#include "tests/unit/sys/support.hh"

#include <unistd.h>

namespace lichen::store {
namespace {

using spec::expect_error;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class StagingTest : public ::testing::Test {
 protected:
  StagingTest() { paths_.make(); }
  std::vector<std::string> staged() { return sys::list_directory(paths_.staging()); }

  test::TempDir dir_;
  Paths paths_{dir_ / "root", dir_ / "run", "boot"};
};

TEST_F(StagingTest, TopFoldersArePrivateAndComeBack) {
  for (const auto& path : {paths_.root(), paths_.staging(), paths_.containers(), paths_.names(), paths_.volumes(),
                           paths_.events(), paths_.userns_members()}) {
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0) << path;
    EXPECT_EQ(info.st_mode & 0777, 0700U) << path;
  }
  sys::remove_tree(paths_.run());  // as a reboot does
  paths_.make();
  EXPECT_TRUE(sys::is_directory(paths_.userns_members()));
  EXPECT_EQ(paths_.container_run("x"), dir_ / "run/boot/containers/x");
}

TEST_F(StagingTest, GoesWithItsOwner) {
  std::string path;
  {
    const StagingDir staged_dir(paths_);
    path = staged_dir.path();
    sys::write_file(path + "/half", "x");
    EXPECT_TRUE(sys::is_locked(path));
  }
  EXPECT_FALSE(sys::exists(path));
}

TEST_F(StagingTest, PublishIsOneRename) {
  StagingDir staged_dir(paths_);
  sys::write_file(staged_dir.path() + "/file", "x");
  EXPECT_TRUE(staged_dir.publish(dir_ / "root/layers/x"));
  EXPECT_THAT(sys::list_directory(dir_ / "root/layers/x"), ElementsAre("file"));
  EXPECT_FALSE(sys::is_locked(dir_ / "root/layers/x"));
  EXPECT_THAT(staged(), IsEmpty());
}

TEST_F(StagingTest, PublishNeverReplaces) {
  sys::make_directory(dir_ / "root/layers/x");
  {
    StagingDir second(paths_);
    sys::write_file(second.path() + "/file", "second");
    EXPECT_FALSE(second.publish(dir_ / "root/layers/x"));
  }
  EXPECT_THAT(sys::list_directory(dir_ / "root/layers/x"), IsEmpty());
  EXPECT_THAT(staged(), IsEmpty());
}

TEST_F(StagingTest, SweepTakesTheDeadAndLeavesTheLiving) {
  const StagingDir living(paths_);
  sys::write_file(living.path() + "/work", "x");
  sys::make_directories(paths_.staging() + "/dead/deep");
  sys::write_file(paths_.staging() + "/file", "");
  sys::write_file(paths_.container_marker(std::string(64, 'a')), "");
  EXPECT_EQ(sweep_staging(paths_), 2);
  EXPECT_TRUE(sys::exists(living.path() + "/work"));
  EXPECT_TRUE(sys::exists(paths_.container_marker(std::string(64, 'a')))) << "markers are the container store's";
  EXPECT_EQ(staged().size(), 2U);
}

TEST_F(StagingTest, SweepSparesOtherProcessesUntilTheyAreKilled) {
  sys::Pipe ready = sys::make_pipe();
  auto maker = sys::fork_child([&] {
    const StagingDir own(paths_);
    sys::write_file(own.path() + "/work", "x");
    sys::write_all(ready.write.get(), "x", "pipe");
    ::pause();
    return 0;
  });
  char byte = 0;
  ASSERT_EQ(sys::read_full(ready.read.get(), &byte, 1), 1U);
  EXPECT_EQ(sweep_staging(paths_), 0);
  EXPECT_EQ(staged().size(), 1U);
  maker.kill(SIGKILL);
  maker.wait();
  EXPECT_EQ(sweep_staging(paths_), 1);
  EXPECT_THAT(staged(), IsEmpty());
}

TEST_F(StagingTest, MakersAndSweepersAtOnce) {
  auto sweeper = sys::fork_child([&] {
    for (int i = 0; i < 2000; ++i) sweep_staging(paths_);
    return 0;
  });
  int published = 0;
  for (int i = 0; i < 100; ++i) {
    StagingDir own(paths_);
    sys::write_file(own.path() + "/file", "x");
    if (own.publish(dir_ / ("root/layers/" + std::to_string(i)))) ++published;
    EXPECT_TRUE(sys::exists(dir_ / ("root/layers/" + std::to_string(i) + "/file"))) << i;
  }
  sweeper.kill(SIGKILL);
  sweeper.wait();
  EXPECT_EQ(published, 100);
}

TEST_F(StagingTest, RemoveThroughStaging) {
  sys::make_directories(dir_ / "root/layers/x/diff");
  EXPECT_TRUE(remove_through_staging(paths_, dir_ / "root/layers/x"));
  EXPECT_FALSE(remove_through_staging(paths_, dir_ / "root/layers/x"));
  EXPECT_THAT(staged(), IsEmpty());
}

class VolumeStoreTest : public StagingTest {
 protected:
  VolumeStore volumes_{paths_};
};

TEST_F(VolumeStoreTest, CreatedOnceAndReadBack) {
  const VolumeRecord record{.name = "data",
                            .created = "2026-01-01T00:00:00Z",
                            .anonymous = true,
                            .labels = {{"a", "b"}},
                            .options = {{"o", "p"}}};
  EXPECT_TRUE(volumes_.create(record));
  EXPECT_FALSE(volumes_.create(record));
  const auto back = volumes_.get("data");
  EXPECT_EQ(dump_json(to_json(back)), dump_json(to_json(record)));
  EXPECT_TRUE(sys::is_directory(volumes_.data_path("data")));
  EXPECT_TRUE(volumes_.create({.name = "Aaa"}));
  EXPECT_THAT(volumes_.list(), ElementsAre("Aaa", "data"));
  volumes_.remove("data");
  EXPECT_FALSE(volumes_.has("data"));
  EXPECT_NO_THROW(volumes_.remove("data"));
}

TEST_F(VolumeStoreTest, AbsentOnesAndBadNames) {
  volumes_.create({.name = "data"});
  expect_error(ErrorKind::not_found, "no such volume: dta (did you mean 'data'?)", [&] { volumes_.get("dta"); });
  for (const char* name : {"", "..", "../containers", "a/b", "-x"}) {
    expect_error(
        ErrorKind::usage, "is no valid volume name (names are letters", [&] { volumes_.create({.name = name}); }, name);
    EXPECT_FALSE(volumes_.has(name)) << name;
    EXPECT_THROW(volumes_.get(name), Error) << name;
  }
}

TEST_F(VolumeStoreTest, RemovingABadNameTouchesNothing) {
  sys::write_file(paths_.containers() + "/kept", "x");
  for (const char* name : {"", "..", "../containers", "."})
    expect_error(
        ErrorKind::not_found, "no such volume", [&] { volumes_.remove(name); }, name);
  EXPECT_TRUE(sys::exists(paths_.containers() + "/kept"));
  EXPECT_TRUE(sys::exists(paths_.volumes()));
}

TEST_F(VolumeStoreTest, DamagedRecordsAreNamedAndLeaveOthersAlone) {
  volumes_.create({.name = "bad"});
  volumes_.create({.name = "good"});
  const std::string path = paths_.volume("bad") + "/volume.json";
  sys::write_file(path, "{");
  expect_error(ErrorKind::invalid, path + ": not valid JSON", [&] { volumes_.get("bad"); });
  sys::write_file(path, R"({"name":"bad","labels":{"a":1}})");
  expect_error(ErrorKind::invalid, "labels.a must be a string", [&] { volumes_.get("bad"); });
  EXPECT_EQ(volumes_.get("good").name, "good");
  EXPECT_THAT(volumes_.list(), ElementsAre("bad", "good"));
}

TEST_F(VolumeStoreTest, TwoMakersAreBothWell) {
  std::vector<sys::Pid> makers;
  for (int i = 0; i < 6; ++i)
    makers.push_back(sys::fork_child([&] { return volumes_.create({.name = "data"}) ? 1 : 0; }));
  int made = 0;
  for (auto& maker : makers) made += maker.wait().code;
  EXPECT_EQ(made, 1);
  EXPECT_EQ(volumes_.get("data").name, "data");
}

}  // namespace
}  // namespace lichen::store
