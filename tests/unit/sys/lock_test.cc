#include "libpod/sys/lock.hh"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/spec/expect_error.hh"
#include "tests/unit/sys/support.hh"

#include <fcntl.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

using namespace std::chrono_literals;
using spec::expect_error;
using test::TempDir;
using ::testing::HasSubstr;

TEST(Lock, ExclusiveAndShared) {
  const TempDir dir;
  const std::string path = dir / "lock";
  EXPECT_FALSE(try_lock(path, LockMode::exclusive)) << "it does not exist";
  EXPECT_FALSE(exists(path));
  auto lock = try_lock(path, LockMode::exclusive, /*create=*/true);
  ASSERT_TRUE(lock);
  EXPECT_TRUE(is_locked(path));
  EXPECT_FALSE(try_lock(path, LockMode::exclusive));
  EXPECT_FALSE(try_lock(path, LockMode::shared));
  lock.reset();
  EXPECT_FALSE(is_locked(path));
  const auto one = try_lock(path, LockMode::shared), two = try_lock(path, LockMode::shared);
  EXPECT_TRUE(one && two);
  EXPECT_FALSE(is_locked(path)) << "shared ones do not count";
  EXPECT_FALSE(try_lock(path, LockMode::exclusive));
}

TEST(Lock, DirectoriesToo) {
  const TempDir dir;
  const auto lock = try_lock(dir.path(), LockMode::exclusive);
  ASSERT_TRUE(lock);
  EXPECT_TRUE(is_locked(dir.path()));
}

TEST(Lock, SymlinksAreNotLocked) {
  const TempDir dir;
  write_file(dir / "target", "");
  make_symlink("target", dir / "link");
  expect_error(ErrorKind::system, "open lock '" + (dir / "link") + "'",
               [&] { try_lock(dir / "link", LockMode::exclusive); });
  EXPECT_FALSE(is_locked(dir / "link"));
}

TEST(Lock, TimeoutNamesTheHolder) {
  const TempDir dir;
  const std::string path = dir / "lock";
  const auto lock = try_lock(path, LockMode::exclusive, /*create=*/true);
  const auto began = std::chrono::steady_clock::now();
  expect_error(ErrorKind::conflict, fmt::format("lock '{}': still held after 50 ms by pid {} (", path, ::getpid()),
               [&] { wait_lock(path, LockMode::exclusive, 50ms); });
  EXPECT_GE(std::chrono::steady_clock::now() - began, 50ms);
  expect_error(ErrorKind::conflict, "unit_sys", [&] { wait_lock(path, LockMode::shared, 1ms); });
  expect_error(ErrorKind::conflict, "wait for that command", [&] { wait_lock(path, LockMode::shared, 1ms); });
}

TEST(Lock, HolderIsTheOneOfThisVeryFile) {
  // On a new tmpfs the inode numbers are small: one is the beginning of another.
  const TempDir dir;
  const int status = test::in_mount_namespace([&] {
    ASSERT_EQ(::mount("tmpfs", dir.path().c_str(), "tmpfs", 0, nullptr), 0);
    std::vector<FileLock> held;
    for (int i = 0; i < 120; ++i) write_file(dir / std::to_string(i), "");
    struct stat wanted {};
    ASSERT_EQ(::stat((dir / "0").c_str(), &wanted), 0);
    // Our own shared lock hides nobody: another process holds all longer numbers.
    Pipe ready = make_pipe();
    auto other = fork_child([&] {
      std::vector<FileLock> locks;
      for (int i = 1; i < 120; ++i) locks.push_back(wait_lock(dir / std::to_string(i), LockMode::exclusive, 1s));
      EXPECT_EQ(::write(ready.write.get(), "x", 1), 1);
      ::pause();
      return 0;
    });
    char byte = 0;
    ASSERT_EQ(::read(ready.read.get(), &byte, 1), 1);
    const auto lock = try_lock(dir / "0", LockMode::exclusive);
    expect_error(ErrorKind::conflict, fmt::format("by pid {} (", ::getpid()),
                 [&] { wait_lock(dir / "0", LockMode::exclusive, 1ms); });
  });
  if (status == 77) GTEST_SKIP() << "mount namespaces are forbidden here";
  EXPECT_EQ(status, 0);
}

TEST(Lock, WaitTakesItWhenItIsLetGo) {
  const TempDir dir;
  auto lock = try_lock(dir / "lock", LockMode::exclusive, /*create=*/true);
  std::thread releaser([&] {
    std::this_thread::sleep_for(30ms);
    lock.reset();
  });
  EXPECT_TRUE(wait_lock(dir / "lock", LockMode::exclusive, 10s));
  releaser.join();
}

TEST(Lock, SurvivesItsMakerInAnHeir) {
  const TempDir dir;
  const std::string path = dir / "lock";
  auto lock = try_lock(path, LockMode::exclusive, /*create=*/true);
  Pid heir = spawn({.argv = {"sleep", "1000"}, .fds = {{lock->fd(), 5}}});
  lock.reset();
  EXPECT_TRUE(is_locked(path)) << "the heir holds it";
  EXPECT_FALSE(try_lock(path, LockMode::exclusive));
  heir.kill(SIGKILL);
  heir.wait();
  EXPECT_FALSE(is_locked(path));
}

TEST(Lock, OrdinaryChildrenDoNotInheritIt) {
  const TempDir dir;
  auto lock = try_lock(dir / "lock", LockMode::exclusive, /*create=*/true);
  const Pid other = spawn({.argv = {"sleep", "1000"}});
  lock.reset();
  EXPECT_FALSE(is_locked(dir / "lock"));
}

TEST(Lock, ReleaseGivesTheDescriptorAway) {
  const TempDir dir;
  auto lock = try_lock(dir / "lock", LockMode::exclusive, /*create=*/true);
  UniqueFd fd = lock->release();
  lock.reset();
  EXPECT_TRUE(is_locked(dir / "lock"));
  fd.reset();
  EXPECT_FALSE(is_locked(dir / "lock"));
}

TEST(Lock, UnlinkedFileCountsForNobody) {
  const TempDir dir;
  const std::string path = dir / "lock";
  const auto dead = try_lock(path, LockMode::exclusive, /*create=*/true);
  ASSERT_TRUE(remove_file(path));
  const auto fresh = try_lock(path, LockMode::exclusive, /*create=*/true);
  EXPECT_TRUE(fresh) << "the lock is of the path, not of the dead file";
  EXPECT_TRUE(is_locked(path));
}

TEST(Lock, FileReplacedWhileWaiting) {
  const TempDir dir;
  const std::string path = dir / "lock";
  auto first = try_lock(path, LockMode::exclusive, /*create=*/true);
  std::thread replacer([&] {
    std::this_thread::sleep_for(20ms);
    remove_file(path);
    first.reset();
  });
  const FileLock got = wait_lock(path, LockMode::exclusive, 10s, /*create=*/true);
  replacer.join();
  struct stat held {
  }, named{};
  ASSERT_EQ(::fstat(got.fd(), &held), 0);
  ASSERT_EQ(::stat(path.c_str(), &named), 0);
  EXPECT_EQ(held.st_ino, named.st_ino);
}

}  // namespace
}  // namespace lichen::sys
