#include "libpod/engine/kept_user.hh"

#include "libpod/sys/userns.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

namespace lichen::engine {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

spec::ContainerConfig keep_id_config() {
  spec::ContainerConfig config;
  config.userns = "keep-id:uid=4321,gid=50";
  config.uid_map = {{0, 1, 4321}, {4321, 0, 1}};
  config.gid_map = {{0, 1, 50}, {50, 0, 1}};
  config.working_dir = "/work";
  return config;
}

TEST(KeptUser, IsAddedToTheImagesFiles) {
  const auto files = files_with_kept_user(keep_id_config(), "root:x:0:0::/root:/bin/sh", "root:x:0:\n");
  ASSERT_TRUE(files.passwd && files.group);
  EXPECT_THAT(*files.passwd, StartsWith("root:x:0:0::/root:/bin/sh\n"));
  EXPECT_THAT(*files.passwd, EndsWith(":*:4321:50::/work:/bin/sh\n"));
  EXPECT_THAT(*files.group, EndsWith(":x:50:\n"));
}

TEST(KeptUser, AnEntryOfTheImageStays) {
  const auto files = files_with_kept_user(keep_id_config(), "app:x:4321:50::/app:/bin/sh\n", "staff:x:50:\n");
  EXPECT_FALSE(files.passwd || files.group);
}

TEST(KeptUser, ANameThatIsTakenIsNotUsedAgain) {
  const std::string name = sys::user_name(sys::current_maps().uids[0].outside);
  if (name.empty()) GTEST_SKIP() << "the user who runs the tests has no name";
  const auto files = files_with_kept_user(keep_id_config(), name + ":x:7:7::/:/bin/sh\n", "");
  ASSERT_TRUE(files.passwd);
  EXPECT_THAT(*files.passwd, HasSubstr("\n" + name + "_4321:*:4321:"));
}

TEST(KeptUser, TheHomeThatAMountBringsIsTheHome) {
  auto config = keep_id_config();
  const std::string home = sys::home_directory(sys::current_maps().uids[0].outside);
  if (home.empty() || home == "/") GTEST_SKIP() << "the user who runs the tests has no home";
  spec::MountConfig mount;
  mount.destination = home;
  config.mounts.push_back(mount);
  EXPECT_THAT(*files_with_kept_user(config, "", "").passwd, HasSubstr(":" + home + ":/bin/sh"));
}

TEST(KeptUser, OnlyForKeepId) {
  auto config = keep_id_config();
  config.userns = "nomap";
  EXPECT_FALSE(files_with_kept_user(config, "", "").passwd);
}

}  // namespace
}  // namespace lichen::engine
