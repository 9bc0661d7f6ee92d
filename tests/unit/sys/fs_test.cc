#include "libpod/sys/fs.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/sys/io.hh"
#include "tests/unit/spec/expect_error.hh"
#include "tests/unit/sys/support.hh"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

using spec::expect_error;
using test::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

mode_t mode_of(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
  return info.st_mode & 07777;
}

// Restores the umask.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  ~Umask() { ::umask(before_); }

 private:
  mode_t before_;
};

TEST(Fs, DirectoriesHaveTheModeThatWasAskedForWhateverTheUmask) {
  const TempDir dir;
  const Umask mask(0777);
  EXPECT_TRUE(make_directory(dir / "one", 0751));
  EXPECT_FALSE(make_directory(dir / "one", 0700));
  EXPECT_EQ(mode_of(dir / "one"), 0751U) << "one that was there keeps its mode";
  make_directories(dir / "a/b/c", 0711);
  EXPECT_EQ(mode_of(dir / "a"), 0711U);
  EXPECT_EQ(mode_of(dir / "a/b/c"), 0711U);
  make_directories(dir / "one/two", 0700);
  EXPECT_EQ(mode_of(dir / "one"), 0751U);
}

TEST(Fs, DirectoriesThroughAFile) {
  const TempDir dir;
  write_file(dir / "file", "");
  expect_error(ErrorKind::system, "make directory '" + (dir / "file") + "': Not a directory",
               [&] { make_directories(dir / "file/x"); });
  expect_error(ErrorKind::system, "Not a directory", [&] { make_directories(dir / "file"); });
}

TEST(Fs, ExistsSeesDanglingSymlinks) {
  const TempDir dir;
  make_symlink("nowhere", dir / "link");
  EXPECT_TRUE(exists(dir / "link"));
  EXPECT_FALSE(is_directory(dir / "link"));
  EXPECT_EQ(read_link(dir / "link"), "nowhere");
  EXPECT_FALSE(exists(dir / "none"));
  EXPECT_FALSE(exists(dir / "link/x"));
  EXPECT_EQ(read_link(dir / "none"), std::nullopt);
  EXPECT_EQ(read_link(dir.path()), std::nullopt);
  make_symlink(dir.path(), dir / "good");
  EXPECT_TRUE(is_directory(dir / "good"));
}

TEST(WriteFileAtomic, ReplacesContentAndMode) {
  const TempDir dir;
  const Umask mask(0777);
  write_file_atomic(dir / "f", "one", 0644);
  EXPECT_EQ(mode_of(dir / "f"), 0644U);
  write_file_atomic(dir / "f", "two", 0600, Durability::none);
  EXPECT_EQ(read_file(dir / "f"), "two");
  EXPECT_EQ(mode_of(dir / "f"), 0600U);
  EXPECT_THAT(list_directory(dir.path()), ElementsAre("f"));
}

TEST(WriteFileAtomic, ReplacesASymlinkAndNotItsTarget) {
  const TempDir dir;
  write_file(dir / "target", "old");
  make_symlink("target", dir / "f");
  write_file_atomic(dir / "f", "new");
  EXPECT_EQ(read_file(dir / "target"), "old");
  EXPECT_EQ(read_file(dir / "f"), "new");
  EXPECT_EQ(read_link(dir / "f"), std::nullopt);
}

TEST(WriteFileAtomic, LeavesNothingWhenTheRenameFails) {
  const TempDir dir;
  make_directories(dir / "f/full");
  expect_error(ErrorKind::system, "rename", [&] { write_file_atomic(dir / "f", "x"); });
  EXPECT_THAT(list_directory(dir.path()), ElementsAre("f"));
  EXPECT_THAT(list_directory(dir / "f"), ElementsAre("full"));
  expect_error(ErrorKind::not_found, "No such file", [&] { write_file_atomic(dir / "none/f", "x"); });
}

TEST(WriteFileAtomic, LeavesNothingAndKeepsTheOldWhenTheWriteFails) {
  const TempDir dir;
  write_file(dir / "f", "old");
  auto child = fork_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{1000, 1000};
    if (::setrlimit(RLIMIT_FSIZE, &small) != 0) return 3;
    expect_error(ErrorKind::system, "File too large", [&] { write_file_atomic(dir / "f", std::string(5000, 'x')); });
    return ::testing::Test::HasFailure() ? 1 : 0;
  });
  EXPECT_EQ(child.wait().code, 0);
  EXPECT_THAT(list_directory(dir.path()), ElementsAre("f"));
  EXPECT_EQ(read_file(dir / "f"), "old");
}

TEST(WriteFileAtomic, AReaderNeverSeesAHalf) {
  const TempDir dir;
  const std::string a(60'000, 'a'), b(30'000, 'b');
  write_file_atomic(dir / "f", a, 0600, Durability::none);
  auto writer = fork_child([&] {
    for (int i = 0; i < 300; ++i) write_file_atomic(dir / "f", i % 2 == 0 ? b : a, 0600, Durability::none);
    return 0;
  });
  int reads = 0;
  while (!writer.try_wait()) {
    const std::string seen = read_file(dir / "f");
    ASSERT_TRUE(seen == a || seen == b) << seen.size();
    ++reads;
  }
  EXPECT_GT(reads, 0);
}

TEST(Fs, RenameNoReplace) {
  const TempDir dir;
  make_directory(dir / "a");
  make_directory(dir / "b");
  EXPECT_FALSE(rename_no_replace(dir / "a", dir / "b")) << "not even an empty directory is replaced";
  EXPECT_TRUE(rename_no_replace(dir / "a", dir / "c"));
  EXPECT_THAT(list_directory(dir.path()), UnorderedElementsAre("b", "c"));
  expect_error(ErrorKind::not_found, "rename", [&] { rename_no_replace(dir / "none", dir / "d"); });
}

TEST(Fs, RemoveFileAndLists) {
  const TempDir dir;
  write_file(dir / "f", "");
  EXPECT_TRUE(remove_file(dir / "f"));
  EXPECT_FALSE(remove_file(dir / "f"));
  EXPECT_THAT(list_directory(dir / "none"), IsEmpty());
  make_directory(dir / "d");
  EXPECT_THROW(remove_file(dir / "d"), Error);
}

TEST(Fs, DiskUsageCountsHardLinksOnceAndFollowsNoSymlink) {
  const TempDir dir;
  make_directory(dir / "tree");
  write_file(dir / "big", std::string(1 << 20, 'x'));
  make_symlink(dir / "big", dir / "tree/link");
  make_symlink(dir.path(), dir / "tree/loop");
  const auto before = disk_usage(dir / "tree");
  EXPECT_LT(before.bytes, 100'000U);
  EXPECT_EQ(before.entries, 2U);
  ASSERT_EQ(::link((dir / "big").c_str(), (dir / "tree/one").c_str()), 0);
  const auto once = disk_usage(dir / "tree");
  ASSERT_EQ(::link((dir / "big").c_str(), (dir / "tree/two").c_str()), 0);
  const auto twice = disk_usage(dir / "tree");
  EXPECT_GE(once.bytes, 1U << 20);
  EXPECT_EQ(once.bytes, twice.bytes);
  EXPECT_EQ(disk_usage(dir / "none").bytes, 0U);
  const std::int64_t own = own_disk_size(dir / "tree");
  EXPECT_EQ(disk_size(dir / "tree"), own + static_cast<std::int64_t>(once.bytes));
  EXPECT_LT(own, 100'000);
  EXPECT_EQ(disk_size(dir / "big"), own_disk_size(dir / "big"));
  EXPECT_GE(disk_size(dir / "big"), 1 << 20);
  EXPECT_LT(disk_size(dir / "tree/link"), 100'000);
  EXPECT_LT(disk_size(dir / "tree/loop"), 100'000);
  EXPECT_EQ(disk_size(dir / "none"), 0);
}

TEST(RemoveTreeMore, NothingToRemoveIsFine) {
  const TempDir dir;
  EXPECT_NO_THROW(remove_tree(dir / "none"));
  EXPECT_NO_THROW(remove_tree(dir / "none/below"));
  write_file(dir / "file", "");
  remove_tree(dir / "file");
  EXPECT_THAT(list_directory(dir.path()), IsEmpty());
}

TEST(RemoveTreeMore, SymlinksAreRemovedNotFollowed) {
  const TempDir dir;
  make_directories(dir / "outside/kept");
  make_directory(dir / "tree");
  make_symlink(dir / "outside", dir / "tree/absolute");
  make_symlink("../outside", dir / "tree/relative");
  make_symlink(dir / "outside", dir / "top");
  remove_tree(dir / "tree");
  remove_tree(dir / "top");
  EXPECT_THAT(list_directory(dir.path()), ElementsAre("outside"));
  EXPECT_THAT(list_directory(dir / "outside"), ElementsAre("kept"));
}

TEST(RemoveTreeMore, DeepTree) {
  // In memory where that is possible: making the tree takes a disk seconds.
  const std::string top =
      (::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp") + std::string("/lichen-deep-") + random_hex(12);
  make_directory(top);
  UniqueFd here = open_path(top, O_RDONLY | O_DIRECTORY);
  for (int depth = 0; depth < 4096; ++depth) {
    ASSERT_EQ(::mkdirat(here.get(), "d", 0755), 0);
    here = open_at(here.get(), "d", O_RDONLY | O_DIRECTORY);
  }
  here.reset();
  const auto before = test::open_descriptors();
  remove_tree(top);
  EXPECT_FALSE(exists(top));
  EXPECT_EQ(test::open_descriptors(), before);
}

TEST(RemoveTreeMore, DirectoriesWithoutPermissionBits) {
  const TempDir dir;
  for (const mode_t mode : {0000U, 0100U, 0200U, 0400U, 0500U, 0600U}) {
    const std::string tree = dir / fmt::format("top{:o}", mode);
    make_directories(tree + "/middle/low");
    write_file(tree + "/file", "x");
    write_file(tree + "/middle/file", "x");
    write_file(tree + "/middle/low/file", "x");
    for (const char* part : {"/middle/low", "/middle", ""}) ASSERT_EQ(::chmod((tree + part).c_str(), mode), 0);
    EXPECT_NO_THROW(remove_tree(tree)) << fmt::format("mode {:o}", mode);
    EXPECT_FALSE(exists(tree));
    // Nothing but a directory in it: no file makes the walk notice that the top cannot be written.
    make_directories(tree + "/only");
    ASSERT_EQ(::chmod(tree.c_str(), mode), 0);
    EXPECT_NO_THROW(remove_tree(tree)) << fmt::format("mode {:o}", mode);
    EXPECT_FALSE(exists(tree));
  }
}

TEST(RemoveTreeMore, OtherUsersDirectoryIsNamedWithItsReason) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may remove anything";
  expect_error(ErrorKind::permission, "remove 'passwd': Permission denied", [] { remove_tree("/etc/passwd"); });
  EXPECT_TRUE(exists("/etc/passwd"));
}

TEST(RemoveTreeMore, MountPointsAreRefusedEvenOfTheSameFileSystem) {
  const TempDir dir;
  make_directories(dir / "tree/a/mounted");
  make_directories(dir / "precious");
  write_file(dir / "precious/file", "x");
  const int status = test::in_mount_namespace([&] {
    const std::string target = dir / "tree/a/mounted";
    ASSERT_EQ(::mount((dir / "precious").c_str(), target.c_str(), nullptr, MS_BIND, nullptr), 0);
    expect_error(ErrorKind::system, "remove 'mounted', where another file system is mounted",
                 [&] { remove_tree(dir / "tree"); });
    expect_error(ErrorKind::system, "remove 'mounted', where another file system is mounted",
                 [&] { remove_tree(target); });
    ASSERT_EQ(::umount(target.c_str()), 0);
    ASSERT_EQ(::mount("tmpfs", target.c_str(), "tmpfs", 0, nullptr), 0);
    write_file(target + "/kept", "");
    expect_error(ErrorKind::system, "where another file system is mounted", [&] { remove_tree(dir / "tree"); });
    EXPECT_TRUE(exists(target + "/kept"));
    ASSERT_EQ(::umount(target.c_str()), 0);
    remove_tree(dir / "tree");
    EXPECT_FALSE(exists(dir / "tree"));
  });
  if (status == 77) GTEST_SKIP() << "mount namespaces are forbidden here";
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(exists(dir / "precious/file"));
}

TEST(RemoveTreeMore, TwoAtOnceAreBothWell) {
  const TempDir dir;
  for (int i = 0; i < 20; ++i)
    for (int j = 0; j < 20; ++j) make_directories(fmt::format("{}/top/{}/{}", dir.path(), i, j));
  auto other = fork_child([&] {
    remove_tree(dir / "top");
    return 0;
  });
  EXPECT_NO_THROW(remove_tree(dir / "top"));
  EXPECT_EQ(other.wait().code, 0);
  EXPECT_FALSE(exists(dir / "top"));
}

}  // namespace
}  // namespace lichen::sys
