#include "libpod/engine/vfs.hh"

#include <gtest/gtest.h>

#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "tests/unit/engine/temp_dir.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

using test::TempDir;

struct stat look(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
  return info;
}

class Vfs : public ::testing::Test {
 protected:
  Vfs() {
    for (const char* name : {"low", "high"}) sys::make_directory(dir / name, 0755);
  }
  void merge() { copy_layers({dir / "high", dir / "low"}, dir / "scratch", dir / "merged"); }
  std::string merged(const std::string& name) { return dir / ("merged/" + name); }
  TempDir dir;
};

TEST_F(Vfs, UpperLayerReplacesAndWhiteoutDeletes) {
  sys::write_file(dir / "low/same", "old");
  sys::write_file(dir / "low/gone", "x");
  sys::write_file(dir / "low/kept", "kept");
  sys::make_directory(dir / "low/was-dir");
  sys::write_file(dir / "low/was-dir/in", "x");
  sys::write_file(dir / "high/same", "new");
  sys::write_file(dir / "high/was-dir", "file now");
  ASSERT_EQ(::mknod((dir / "high/gone").c_str(), S_IFCHR, makedev(0, 0)), 0);
  merge();
  EXPECT_EQ(sys::read_file(merged("same")), "new");
  EXPECT_EQ(sys::read_file(merged("kept")), "kept");
  EXPECT_EQ(sys::read_file(merged("was-dir")), "file now");
  EXPECT_FALSE(sys::exists(merged("gone")));
  EXPECT_FALSE(sys::exists(dir / "scratch"));
}

TEST_F(Vfs, OpaqueDirectoryHidesWhatIsBeneath) {
  sys::make_directory(dir / "low/d");
  sys::write_file(dir / "low/d/old", "x");
  sys::make_directory(dir / "high/d");
  sys::write_file(dir / "high/d/new", "y");
  ASSERT_EQ(::setxattr((dir / "high/d").c_str(), "user.overlay.opaque", "y", 1, 0), 0);
  merge();
  EXPECT_FALSE(sys::exists(merged("d/old")));
  EXPECT_TRUE(sys::exists(merged("d/new")));
  char value[8];
  EXPECT_LT(::getxattr(merged("d").c_str(), "user.overlay.opaque", value, sizeof value), 0)
      << "the mark means nothing in a merged tree";
}

TEST_F(Vfs, DirectoriesMergeAndTakeTheUpperMode) {
  sys::make_directory(dir / "low/d", 0755);
  sys::write_file(dir / "low/d/a", "a");
  sys::make_directory(dir / "high/d", 0750);
  sys::write_file(dir / "high/d/b", "b");
  merge();
  EXPECT_TRUE(sys::exists(merged("d/a")));
  EXPECT_TRUE(sys::exists(merged("d/b")));
  EXPECT_EQ(look(merged("d")).st_mode & 07777, 0750u);
}

TEST_F(Vfs, WhiteoutFilesOfTarLayers) {
  sys::make_directory(dir / "low/d");
  sys::write_file(dir / "low/d/old", "x");
  sys::write_file(dir / "low/f", "x");
  sys::make_directory(dir / "high/d");
  sys::write_file(dir / "high/d/.wh..wh..opq", "");
  sys::write_file(dir / "high/.wh.f", "");
  merge();
  EXPECT_FALSE(sys::exists(merged("f")));
  EXPECT_FALSE(sys::exists(merged("d/old")));
  EXPECT_TRUE(sys::list_directory(merged("d")).empty());
}

TEST_F(Vfs, KeepsLinksModesTimesAttributesAndHoles) {
  sys::write_file(dir / "low/a", "data", 0644);
  ASSERT_EQ(::chmod((dir / "low/a").c_str(), 04711), 0);
  ASSERT_EQ(::link((dir / "low/a").c_str(), (dir / "low/b").c_str()), 0);
  ASSERT_EQ(::setxattr((dir / "low/a").c_str(), "user.containers.override_stat", "0:0:0644", 8, 0), 0);
  ASSERT_EQ(::mkfifo((dir / "low/fifo").c_str(), 0640), 0);
  sys::make_symlink("/etc/passwd", dir / "low/link");
  {
    const auto sparse = sys::open_path(dir / "low/sparse", O_WRONLY | O_CREAT, 0600);
    ASSERT_EQ(::pwrite(sparse.get(), "end", 3, 8 << 20), 3);
  }
  const timespec times[2] = {{1000, 0}, {2000, 5}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (dir / "low/a").c_str(), times, 0), 0);
  ASSERT_EQ(::utimensat(AT_FDCWD, (dir / "low").c_str(), times, 0), 0);
  ASSERT_EQ(::utimensat(AT_FDCWD, (dir / "high").c_str(), times, 0), 0);
  merge();
  EXPECT_EQ(look(merged("a")).st_ino, look(merged("b")).st_ino);
  EXPECT_EQ(look(merged("a")).st_mode & 07777, 04711u);
  EXPECT_EQ(look(merged("a")).st_mtim.tv_sec, 2000);
  EXPECT_EQ(look(merged("a")).st_mtim.tv_nsec, 5);
  EXPECT_EQ(look(merged("")).st_mtim.tv_sec, 2000);
  char value[16];
  EXPECT_EQ(::getxattr(merged("a").c_str(), "user.containers.override_stat", value, sizeof value), 8);
  EXPECT_TRUE(S_ISFIFO(look(merged("fifo")).st_mode));
  EXPECT_EQ(look(merged("fifo")).st_mode & 07777, 0640u);
  EXPECT_EQ(sys::read_link(merged("link")), "/etc/passwd");
  EXPECT_EQ(look(merged("sparse")).st_size, (8 << 20) + 3);
  EXPECT_LT(look(merged("sparse")).st_blocks * 512, 1 << 20);
}

TEST_F(Vfs, SymlinkInTheWayIsReplacedNotFollowed) {
  TempDir outside;
  sys::make_symlink(outside.path(), dir / "low/d");
  sys::make_directory(dir / "high/d");
  sys::write_file(dir / "high/d/file", "x");
  merge();
  EXPECT_TRUE(sys::list_directory(outside.path()).empty());
  EXPECT_TRUE(S_ISDIR(look(merged("d")).st_mode));
}

TEST_F(Vfs, DeeperThanOpenFilesAndPathsAllow) {
  auto here = sys::open_path(dir / "low", O_RDONLY | O_DIRECTORY);
  const std::string name(100, 'n');
  for (int depth = 0; depth < 1500; ++depth) {
    ASSERT_EQ(::mkdirat(here.get(), name.c_str(), 0755), 0);
    here = sys::open_at(here.get(), name, O_RDONLY | O_DIRECTORY);
  }
  merge();
  auto there = sys::open_path(dir / "merged", O_RDONLY | O_DIRECTORY);
  for (int depth = 0; depth < 1500; ++depth) there = sys::open_at(there.get(), name, O_RDONLY | O_DIRECTORY);
  SUCCEED();
}

TEST_F(Vfs, WhatAKilledCopyLeftIsNotInTheResult) {
  sys::make_directory(dir / "scratch");
  sys::write_file(dir / "scratch/rest", "x");
  sys::write_file(dir / "low/f", "x");
  merge();
  EXPECT_FALSE(sys::exists(merged("rest")));
}

}  // namespace
}  // namespace lichen::engine
