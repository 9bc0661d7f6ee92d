// Every attack has its innocent twin: a symlink that means something inside of the root must work.
#include "libpod/sys/resolve.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/sys/io.hh"
#include "tests/unit/spec/expect_error.hh"
#include "tests/unit/sys/support.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

using spec::expect_error;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ResolveTest : public ::testing::Test {
 protected:
  ResolveTest() {
    make_directories(dir_ / "root/etc");
    make_directories(dir_ / "outside");
    write_file(dir_ / "outside/secret", "secret");
    write_file(dir_ / "root/etc/inside", "inside");
    root_ = open_path(dir_ / "root", O_PATH | O_DIRECTORY);
  }
  std::string read(const std::string& path) {
    const UniqueFd fd = open_in_root(root_.get(), path, O_RDONLY);
    return read_all(fd.get(), path);
  }
  void link(const std::string& target, const std::string& path) { make_symlink(target, dir_ / ("root/" + path)); }
  bool made(const std::string& path) { return is_directory(dir_ / ("root/" + path)); }
  std::string where(int fd) { return read_link(fd_path(fd)).value_or("?"); }

  test::TempDir dir_;
  UniqueFd root_;
};

TEST_F(ResolveTest, AbsoluteSymlinksMeanTheRoot) {
  link("/etc", "innocent");
  link("/etc/inside", "etc/file");
  EXPECT_EQ(read("innocent/inside"), "inside");
  EXPECT_EQ(read("/innocent/file"), "inside");
  link(dir_ / "outside", "evil");
  expect_error(ErrorKind::not_found, "open 'evil/secret' in the root file system", [&] { read("evil/secret"); });
  EXPECT_FALSE(open_in_root_if_exists(root_.get(), "evil/secret", O_RDONLY));
}

TEST_F(ResolveTest, DotDotEndsAtTheRoot) {
  EXPECT_EQ(read("../../../../etc/inside"), "inside");
  link("../../../../../../../../etc", "up");
  EXPECT_EQ(read("up/inside"), "inside");
  link("../../outside/secret", "etc/steal");
  expect_error(ErrorKind::not_found, "No such file", [&] { read("etc/steal"); });
}

TEST_F(ResolveTest, LoopsAndFilesAsDirectories) {
  link("b", "a");
  link("a", "b");
  expect_error(ErrorKind::system, "symbolic links", [&] { read("a"); });
  EXPECT_FALSE(open_in_root_if_exists(root_.get(), "etc/inside/below", O_RDONLY)) << "ENOTDIR";
  EXPECT_FALSE(open_in_root_if_exists(root_.get(), "none", O_RDONLY));
}

TEST_F(ResolveTest, LastComponentMayStayASymlink) {
  link("/etc/inside", "link");
  const UniqueFd fd = open_in_root(root_.get(), "link", O_PATH | O_NOFOLLOW);
  struct stat info {};
  ASSERT_EQ(::fstat(fd.get(), &info), 0);
  EXPECT_TRUE(S_ISLNK(info.st_mode));
}

TEST_F(ResolveTest, EmptyPathIsTheRoot) {
  EXPECT_EQ(where(open_in_root(root_.get(), "", O_PATH).get()), dir_ / "root");
}

TEST_F(ResolveTest, DescriptorsAreCloseOnExec) {
  const UniqueFd fd = open_in_root(root_.get(), "etc/inside", O_RDONLY);
  EXPECT_NE(::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(ResolveTest, MagicLinksAreRefused) {
  const UniqueFd proc = open_path("/proc", O_PATH | O_DIRECTORY);
  const UniqueFd outside = open_path(dir_ / "outside", O_PATH | O_DIRECTORY);
  const std::string magic = "self/fd/" + std::to_string(outside.get());
  ASSERT_TRUE(exists("/proc/" + magic + "/secret")) << "by name it leads out";
  expect_error(ErrorKind::system, "Too many levels of symbolic links",
               [&] { open_in_root(proc.get(), magic + "/secret", O_RDONLY); });
  expect_error(ErrorKind::system, "symbolic links",
               [&] { open_in_root(proc.get(), "self/root/etc/passwd", O_RDONLY); });
  EXPECT_TRUE(open_in_root(proc.get(), "self/status", O_RDONLY)) << "an ordinary symlink of procfs works";
}

TEST_F(ResolveTest, DirectoriesAreMadeThroughSymlinksWithinTheRoot) {
  link("/etc", "innocent");
  const UniqueFd made_fd = make_directories_in_root(root_.get(), "/innocent/x/y");
  EXPECT_EQ(where(made_fd.get()), dir_ / "root/etc/x/y");
  make_directory(dir_ / "root/run");
  make_directory(dir_ / "root/var");
  link("/run", "var/run");  // as Debian has it
  make_directories_in_root(root_.get(), "var/run/lock/deep");
  EXPECT_TRUE(made("run/lock/deep"));
  EXPECT_EQ(where(make_directories_in_root(root_.get(), "/").get()), dir_ / "root");
}

TEST_F(ResolveTest, DirectoriesStayInsideWhateverIsAsked) {
  make_directories_in_root(root_.get(), "../../up/../x");
  EXPECT_TRUE(made("x"));
  link("../../../outside", "evil");
  expect_error(ErrorKind::system, "open '/evil' in the root file system",
               [&] { make_directories_in_root(root_.get(), "evil/x"); });
  EXPECT_THAT(list_directory(dir_ / "outside"), ElementsAre("secret"));
}

TEST_F(ResolveTest, DanglingSymlinkIsNeverMadeThroughNorItsHostTargetTouched) {
  // The target does not exist in the root, but on the host it does, and its mode must stay.
  const std::string target = dir_ / "outside";
  ASSERT_EQ(::chmod(target.c_str(), 0700), 0);
  link(target, "evil");
  expect_error(ErrorKind::system, "open '/evil' in the root file system",
               [&] { make_directories_in_root(root_.get(), "evil/x"); });
  expect_error(ErrorKind::system, "'/evil'", [&] { make_directories_in_root(root_.get(), "evil"); });
  struct stat info {};
  ASSERT_EQ(::stat(target.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700U) << "chmod went through the symlink to the host";
  EXPECT_THAT(list_directory(target), ElementsAre("secret"));
  EXPECT_FALSE(exists(dir_ / "root" + target));
}

TEST_F(ResolveTest, DirectoriesHaveTheirModeWhateverTheUmask) {
  const mode_t before = ::umask(0777);
  make_directories_in_root(root_.get(), "a/b", 0755);
  make_directories_in_root(root_.get(), "c", 0711);
  ::umask(before);
  struct stat info {};
  ASSERT_EQ(::stat((dir_ / "root/a/b").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0755U);
  ASSERT_EQ(::stat((dir_ / "root/c").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0711U);
}

TEST_F(ResolveTest, ExistingDirectoriesKeepTheirModes) {
  make_directory(dir_ / "root/private", 0700);
  make_directories_in_root(root_.get(), "private/x");
  struct stat info {};
  ASSERT_EQ(::stat((dir_ / "root/private").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700U);
}

TEST_F(ResolveTest, AFileInTheWay) {
  expect_error(ErrorKind::system, "Not a directory", [&] { make_directories_in_root(root_.get(), "etc/inside/x"); });
  expect_error(ErrorKind::system, "Not a directory", [&] { make_directories_in_root(root_.get(), "etc/inside"); });
}

TEST_F(ResolveTest, FilesAreMadeInsideAndKeptWhenThere) {
  EXPECT_EQ(where(make_file_in_root(root_.get(), "etc/inside").get()), dir_ / "root/etc/inside");
  EXPECT_EQ(read("etc/inside"), "inside");
  make_file_in_root(root_.get(), "new/dir/file");
  EXPECT_EQ(read("new/dir/file"), "");
  link("/etc/inside", "link");
  EXPECT_EQ(where(make_file_in_root(root_.get(), "link").get()), dir_ / "root/etc/inside");
}

TEST_F(ResolveTest, FileBehindADanglingSymlinkIsNotMadeOnTheHost) {
  link(dir_ / "outside/new", "etc/resolv.conf");
  try {
    make_file_in_root(root_.get(), "etc/resolv.conf");
  } catch (const Error&) {
    // either answer is right, as long as it stays inside
  }
  EXPECT_THAT(list_directory(dir_ / "outside"), ElementsAre("secret"));
}

}  // namespace
}  // namespace lichen::sys
