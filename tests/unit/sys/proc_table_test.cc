#include "libpod/sys/proc_table.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/base/format.hh"
#include "libpod/sys/io.hh"
#include "tests/unit/sys/support.hh"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

// A child that writes one byte when it is ready and lives until it is killed.
Pid start_waiting_child(const std::function<void(int ready)>& in_child) {
  Pipe ready = make_pipe();
  Pid child = fork_child([&] {
    in_child(ready.write.get());
    for (;;) ::pause();
    return 0;
  });
  ready.write.reset();
  pid_t told = 0;
  EXPECT_EQ(read_full(ready.read.get(), &told, sizeof told), sizeof told);
  return child;
}

void tell(int ready, pid_t pid) { write_all(ready, {reinterpret_cast<const char*>(&pid), sizeof pid}, "pipe"); }

TEST(ProcessStat, NameMayHoldWhatSeparatesFields) {
  const auto stat = ProcessStat::parse(
      "712 (a) R 1 (b\n) S 99 712 712 34816 712 4194304 1 2 3 4 50 60 70 80 20 -5 3 0 12345 4096 25 "
      "18446744073709551615\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->state(), 'S');
  EXPECT_EQ(stat->parent(), 99);
  EXPECT_EQ(stat->number(7), 34816U);
  EXPECT_EQ(stat->number(14), 50U);
  EXPECT_EQ(stat->signed_number(19), -5);
  EXPECT_EQ(stat->number(19), 0U);
  EXPECT_EQ(stat->number(22), 12345U);
  EXPECT_EQ(stat->number(25), UINT64_MAX);
  EXPECT_EQ(stat->number(52), 0U);
}

TEST(ProcessStat, HalfALineIsNone) {
  EXPECT_FALSE(ProcessStat::parse(""));
  EXPECT_FALSE(ProcessStat::parse("712 (name"));
  EXPECT_FALSE(ProcessStat::parse("712 (name)"));
  EXPECT_FALSE(ProcessStat::parse("712 (name) S 1 2 3"));
}

TEST(ProcTable, SeesThisProcess) {
  EXPECT_THAT(all_processes(), Contains(::getpid()));
  const auto stat = process_stat(::getpid());
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->state(), 'R');
  EXPECT_EQ(stat->parent(), ::getppid());
  EXPECT_THAT(read_process_file(::getpid(), "status").value_or(""), HasSubstr(format("\nPid:\t{}\n", ::getpid())));
  EXPECT_EQ(read_process_file(::getpid(), "status", 16), std::nullopt);
  EXPECT_NE(process_namespace(::getpid(), "pid"), process_namespace(::getpid(), "user"));
  EXPECT_THAT(processes_by_pid_namespace()[process_namespace(::getpid(), "pid")], Contains(::getpid()));
}

TEST(ProcTable, WhatHasEndedIsLeftOut) {
  Pipe alive = make_pipe();
  Pid child = fork_child([&] { return 0; });
  const pid_t pid = child.get();
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
  const auto stat = process_stat(pid);
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->state(), 'Z');
  // A zombie has no memory: the file opens, and reading says ESRCH as it does for all files of one that was reaped.
  EXPECT_EQ(read_process_file(pid, "smaps_rollup"), std::nullopt);
  child.wait();
  EXPECT_FALSE(process_stat(pid));
  EXPECT_EQ(read_process_file(pid, "status"), std::nullopt);
  EXPECT_EQ(process_namespace(pid, "pid"), 0U);
  EXPECT_THAT(processes_with(pid), IsEmpty());
  EXPECT_FALSE(is_process_with(pid, ::getpid()));
  EXPECT_FALSE(is_process_with(::getpid(), pid));
}

TEST(ProcTable, TreeInOurOwnPidNamespace) {
  pid_t told = 0;
  Pipe ready = make_pipe();
  const Pid child = fork_child([&] {
    Pid grandchild = fork_child([&] {
      tell(ready.write.get(), ::getpid());
      for (;;) ::pause();
      return 0;
    });
    grandchild.wait();
    return 0;
  });
  ASSERT_EQ(read_full(ready.read.get(), &told, sizeof told), sizeof told);
  EXPECT_THAT(processes_with(child.get()), ElementsAre(child.get(), told));
  EXPECT_THAT(processes_with(::getpid()), IsSupersetOf({::getpid(), child.get(), told}));
  EXPECT_TRUE(is_process_with(child.get(), told));
  EXPECT_TRUE(is_process_with(child.get(), child.get()));
  EXPECT_TRUE(is_process_with(::getpid(), told));
  EXPECT_FALSE(is_process_with(told, child.get()));
  EXPECT_FALSE(is_process_with(child.get(), ::getpid()));
  ::kill(told, SIGKILL);
}

TEST(ProcTable, AllOfAPidNamespace) {
  const int code = test::in_mount_namespace([] {
    ASSERT_EQ(::unshare(CLONE_NEWPID), 0);
    // In the child /proc is still that of our namespace, as it is for who watches a container.
    const Pid first = start_waiting_child([](int ready) {
      // Its second process is a child of nobody there: the first one never waits.
      const Pid middle = fork_child([&] {
        const pid_t pid = ::fork();
        if (pid == 0) {
          tell(ready, 1);
          for (;;) ::pause();
        }
        return 0;
      });
      siginfo_t info{};
      ::waitid(P_PID, static_cast<id_t>(middle.get()), &info, WEXITED | WNOWAIT);
      for (;;) ::pause();
    });
    const auto found = processes_with(first.get());
    ASSERT_EQ(found.size(), 3U);  // one of them is the zombie in between
    EXPECT_EQ(found[0], first.get());
    EXPECT_EQ(processes_by_pid_namespace()[process_namespace(first.get(), "pid")].size(), 3U);
    for (const pid_t pid : found) EXPECT_TRUE(is_process_with(first.get(), pid));
    EXPECT_FALSE(is_process_with(first.get(), ::getpid()));
    EXPECT_FALSE(is_process_with(first.get(), ::getppid()));
  });
  if (code == 77) GTEST_SKIP() << "namespaces are forbidden here";
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace lichen::sys
