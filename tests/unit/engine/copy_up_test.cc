#include "libpod/engine/copy_up.hh"

#include <gtest/gtest.h>

#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "tests/unit/engine/temp_dir.hh"

#include <fcntl.h>
#include <sys/stat.h>

namespace lichen::engine {
namespace {

class CopyUp : public ::testing::Test {
 protected:
  CopyUp() {
    sys::make_directories(dir / "root/var/lib/app", 0755);
    sys::make_directories(dir / "volume/data", 0755);
    sys::write_file(dir / "root/var/lib/app/file", "from the image");
    root = sys::open_path(dir / "root", O_PATH | O_DIRECTORY);
  }
  bool copy(const std::string& path) { return copy_up_volume(root.get(), path, dir / "volume/data"); }
  test::TempDir dir;
  sys::UniqueFd root;
};

TEST_F(CopyUp, FillsAnEmptyVolumeWithContentAndMode) {
  ASSERT_EQ(::chmod((dir / "root/var/lib/app").c_str(), 02750), 0);
  EXPECT_TRUE(copy("/var/lib/app"));
  EXPECT_EQ(sys::read_file(dir / "volume/data/file"), "from the image");
  struct stat info {};
  ASSERT_EQ(::stat((dir / "volume/data").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 02750u);
  EXPECT_EQ(sys::list_directory(dir / "volume").size(), 1u);
}

TEST_F(CopyUp, LeavesAVolumeWithContentAlone) {
  sys::write_file(dir / "volume/data/mine", "x");
  EXPECT_FALSE(copy("/var/lib/app"));
  EXPECT_EQ(sys::list_directory(dir / "volume/data"), std::vector<std::string>{"mine"});
}

TEST_F(CopyUp, MissingPathOrFileGivesNothing) {
  EXPECT_FALSE(copy("/nowhere"));
  EXPECT_FALSE(copy("/var/lib/app/file"));
  EXPECT_TRUE(sys::list_directory(dir / "volume/data").empty());
}

TEST_F(CopyUp, SymlinkStaysInTheRoot) {
  // security.md C38: an image whose volume path leads to the host.
  sys::make_directories(dir / "secret", 0755);
  sys::write_file(dir / "secret/key", "x");
  sys::make_symlink(dir / "secret", dir / "root/evil");
  EXPECT_FALSE(copy("/evil"));
  sys::make_symlink("../../../../../../../..", dir / "root/up");
  EXPECT_FALSE(copy("/up" + (dir / "secret")));
  EXPECT_TRUE(sys::list_directory(dir / "volume/data").empty());
}

TEST_F(CopyUp, HarmlessSymlinkInTheRootIsFollowed) {
  sys::make_symlink("/var/lib/app", dir / "root/app");
  EXPECT_TRUE(copy("/app"));
  EXPECT_TRUE(sys::exists(dir / "volume/data/file"));
}

TEST_F(CopyUp, GoesOnAfterAKillBetweenCopyAndMove) {
  sys::make_directory(dir / "volume/data.copied", 0755);
  sys::write_file(dir / "volume/data.copied/second", "x");
  sys::write_file(dir / "volume/data/first", "x");
  EXPECT_TRUE(copy("/var/lib/app"));
  EXPECT_TRUE(sys::exists(dir / "volume/data/first"));
  EXPECT_TRUE(sys::exists(dir / "volume/data/second"));
  EXPECT_FALSE(sys::exists(dir / "volume/data.copied"));
}

TEST_F(CopyUp, StartsAgainAfterAKillWhileCopying) {
  sys::make_directory(dir / "volume/data.copying", 0755);
  sys::write_file(dir / "volume/data.copying/half", "x");
  EXPECT_TRUE(copy("/var/lib/app"));
  EXPECT_FALSE(sys::exists(dir / "volume/data/half"));
  EXPECT_TRUE(sys::exists(dir / "volume/data/file"));
}

}  // namespace
}  // namespace lichen::engine
