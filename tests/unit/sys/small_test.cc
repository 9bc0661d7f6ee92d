// The small wrappers: signals, descriptors, mountinfo, procfs, pty, event loop, limits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/sys/event_loop.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/mountinfo.hh"
#include "libpod/sys/procfs.hh"
#include "libpod/sys/pty.hh"
#include "libpod/sys/rlimit.hh"
#include "libpod/sys/signals.hh"
#include "tests/unit/spec/expect_error.hh"
#include "tests/unit/sys/support.hh"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

using namespace std::chrono_literals;
using spec::expect_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(SignalNames, AllSpellings) {
  for (const char* text : {"TERM", "SIGTERM", "term", "sigterm", "SigTerm", "15"})
    EXPECT_EQ(parse_signal_name(text), 15) << text;
  EXPECT_EQ(parse_signal_name("KILL"), SIGKILL);
  EXPECT_EQ(parse_signal_name("IOT"), SIGABRT);
  EXPECT_EQ(parse_signal_name("CLD"), SIGCHLD);
  EXPECT_EQ(parse_signal_name("SIGPOLL"), SIGIO);
  EXPECT_EQ(parse_signal_name("RTMIN"), 34);
  EXPECT_EQ(parse_signal_name("RTMIN+3"), 37);
  EXPECT_EQ(parse_signal_name("sigrtmax-1"), 63);
  EXPECT_EQ(parse_signal_name("SIGRTMAX"), 64);
  EXPECT_EQ(parse_signal_name("RTMIN+30"), 64);
  EXPECT_EQ(parse_signal_name("64"), 64);
}

TEST(SignalNames, WhatIsNone) {
  for (const char* text : {"", "SIG", "0", "65", "-9", "+9", "SIG9", "SIGSIGTERM", "TERMX", " TERM", "RTMIN+31",
                           "RTMIN-1", "RTMAX+1", "RTMIN+", "RTMIN3", "99999999999999999999", "1.5"})
    EXPECT_EQ(parse_signal_name(text), std::nullopt) << text;
}

TEST(SignalNames, EveryNumberGoesRound) {
  for (int signal = 1; signal <= 64; ++signal)
    EXPECT_EQ(parse_signal_name(signal_name(signal)), signal) << signal_name(signal);
  EXPECT_EQ(signal_name(15), "SIGTERM");
  EXPECT_EQ(signal_name(6), "SIGABRT");
  EXPECT_EQ(signal_name(37), "SIGRTMIN+3");
  EXPECT_EQ(signal_name(64), "SIGRTMAX");
  EXPECT_EQ(signal_name(99), "99");
}

TEST(SignalMask, BlocksForItsLifeTime) {
  sigset_t before, during, after;
  ::sigprocmask(SIG_BLOCK, nullptr, &before);
  {
    const SignalMask mask({SIGUSR1});
    ::sigprocmask(SIG_BLOCK, nullptr, &during);
  }
  ::sigprocmask(SIG_BLOCK, nullptr, &after);
  EXPECT_EQ(::sigismember(&before, SIGUSR1), 0);
  EXPECT_EQ(::sigismember(&during, SIGUSR1), 1);
  EXPECT_EQ(::sigismember(&after, SIGUSR1), 0);
}

TEST(UniqueFdTest, OwnsOnce) {
  UniqueFd fd = open_path("/dev/null", O_RDONLY);
  const int number = fd.get();
  UniqueFd other = std::move(fd);
  EXPECT_FALSE(fd);
  EXPECT_EQ(other.get(), number);
  errno = E2BIG;
  other.reset();
  EXPECT_EQ(errno, E2BIG) << "closing keeps the errno of the error that is on its way";
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
}

TEST(UniqueFdTest, EverythingMadeIsCloseOnExec) {
  const Pipe pipe = make_pipe();
  const SocketPair pair = make_socket_pair(1);
  const UniqueFd copy = duplicate(pipe.read.get(), 50);
  EXPECT_GE(copy.get(), 50);
  for (const int fd : {pipe.read.get(), pipe.write.get(), pair.first.get(), pair.second.get(), copy.get()})
    EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  set_cloexec(copy.get(), false);
  EXPECT_EQ(::fcntl(copy.get(), F_GETFD) & FD_CLOEXEC, 0);
  expect_error(ErrorKind::system, "close-on-exec of file descriptor 999: Bad file", [] { set_cloexec(999, true); });
}

TEST(MountInfoTest, ParsesWhatTheManPageShows) {
  const auto mounts = parse_mountinfo(
      "36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue\n"
      "37 36 0:5 / /dev rw - devtmpfs udev rw\n");
  ASSERT_EQ(mounts.size(), 2U);
  EXPECT_EQ(mounts[0].id, 36);
  EXPECT_EQ(mounts[0].parent_id, 35);
  EXPECT_EQ(mounts[0].major, 98U);
  EXPECT_EQ(mounts[0].root, "/mnt1");
  EXPECT_EQ(mounts[0].mount_point, "/mnt 2");
  EXPECT_THAT(mounts[0].options, ElementsAre("rw", "noatime"));
  EXPECT_THAT(mounts[0].optional, ElementsAre("master:1", "shared:7"));
  EXPECT_EQ(mounts[0].type, "ext3");
  EXPECT_THAT(mounts[0].super_options, ElementsAre("rw", "errors=continue"));
  EXPECT_THAT(mounts[1].optional, IsEmpty());
}

TEST(MountInfoTest, OddLinesAreSkipped) {
  EXPECT_THAT(parse_mountinfo(""), IsEmpty());
  for (const char* line :
       {"x", "36 35 98:0 / /mnt rw", "36 35 98:0 / /mnt rw - ext3 /dev/root", "a 35 98:0 / /mnt rw - ext3 x rw",
        "36 35 98 / /mnt rw - ext3 x rw", "36 35 98:0 / /mnt rw shared:1 ext3 x rw"})
    EXPECT_THAT(parse_mountinfo(line), IsEmpty()) << line;
  EXPECT_EQ(decode_mount_escapes("a\\011b\\134c\\"), "a\tb\\c\\");
  EXPECT_EQ(decode_mount_escapes("\\04"), "\\04");
  EXPECT_EQ(decode_mount_escapes("\\999"), "\\999");
  EXPECT_FALSE(read_mountinfo().empty());
}

TEST(ProcFsTest, OnlyRealProcfs) {
  const ProcFs proc = ProcFs::open_host();
  EXPECT_THAT(proc.read("self/status"), HasSubstr("Name:"));
  expect_error(ErrorKind::not_found, "open '/proc/none'", [&] { proc.read("none"); });
  expect_error(ErrorKind::unsupported, "it is not procfs", [] {
    try {
      ProcFs(open_path("/tmp", O_PATH | O_DIRECTORY));
    } catch (Error& error) {
      if (error.hint().empty()) error.with_hint("-");
      throw;
    }
  });
  EXPECT_THROW(proc.read("../etc/passwd"), Error);
}

TEST(ProcFsTest, SomethingMountedOverAFileIsSeen) {
  const test::TempDir dir;
  write_file(dir / "fake", "fake");
  const int status = test::in_mount_namespace([&] {
    if (::mount((dir / "fake").c_str(), "/proc/sys/kernel/ostype", nullptr, MS_BIND, nullptr) != 0) ::_exit(77);
    const ProcFs proc = ProcFs::open_host();
    expect_error(ErrorKind::invalid, "open '/proc/sys/kernel/ostype': something else is mounted there",
                 [&] { proc.read("sys/kernel/ostype"); });
    EXPECT_EQ(proc.read("sys/kernel/osrelease").empty(), false);
  });
  if (status == 77) GTEST_SKIP() << "mounts below /proc are forbidden here";
  EXPECT_EQ(status, 0);
}

TEST(PtyTest, SizeAndRawMode) {
  const Pty pty = open_pty();
  set_window_size(pty.master.get(), {.rows = 33, .columns = 101});
  EXPECT_EQ(window_size(pty.slave.get()).rows, 33);
  EXPECT_EQ(window_size(pty.slave.get()).columns, 101);
  termios before{}, raw{}, after{};
  ASSERT_EQ(::tcgetattr(pty.slave.get(), &before), 0);
  {
    const RawMode mode(pty.slave.get());
    ASSERT_EQ(::tcgetattr(pty.slave.get(), &raw), 0);
  }
  ASSERT_EQ(::tcgetattr(pty.slave.get(), &after), 0);
  EXPECT_NE(before.c_lflag & ICANON, 0U);
  EXPECT_EQ(raw.c_lflag & (ICANON | ECHO | ISIG), 0U);
  EXPECT_EQ(after.c_lflag, before.c_lflag);
  const Pipe pipe = make_pipe();
  EXPECT_EQ(window_size(pipe.read.get()).rows, 0);
  EXPECT_THROW(open_pty_from(open_path("/dev/null", O_RDWR)), Error);
}

TEST(RlimitTest, NamesAndHardLimits) {
  EXPECT_EQ(rlimit_number("RLIMIT_NOFILE"), RLIMIT_NOFILE);
  EXPECT_EQ(rlimit_number("nofile"), std::nullopt);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_CORE, &before), 0);
  EXPECT_EQ(hard_limit(RLIMIT_CORE), before.rlim_max);
  expect_error(ErrorKind::system, "limit 1000", [] { (void)hard_limit(1000); });
}

TEST(EventLoopTest, TimersFireInTheirOrderAndCancel) {
  EventLoop loop;
  std::string order;
  loop.after(20ms, [&] {
    order += "b";
    loop.stop();
  });
  loop.after(1ms, [&] { order += "a"; });
  auto cancelled = loop.after(2ms, [&] { order += "x"; });
  loop.cancel(cancelled);
  EXPECT_EQ(cancelled, 0U);
  loop.run();
  EXPECT_EQ(order, "ab");
}

TEST(EventLoopTest, AWatchForgottenInTheSameRoundIsNotCalled) {
  EventLoop loop;
  Pipe one = make_pipe(), two = make_pipe();
  write_all(one.write.get(), "x", "pipe");
  write_all(two.write.get(), "x", "pipe");
  int calls = 0;
  EventLoop::WatchId first = 0, second = 0;
  first = loop.watch(one.read.get(), EPOLLIN, [&](std::uint32_t) {
    ++calls;
    loop.forget(first);
    loop.forget(second);
  });
  second = loop.watch(two.read.get(), EPOLLIN, [&](std::uint32_t) {
    ++calls;
    loop.forget(first);
    loop.forget(second);
  });
  loop.step(1s);
  loop.step(0ms);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(first, 0U);
}

TEST(EventLoopTest, AnExceptionLeavesTheLoopUsable) {
  EventLoop loop;
  loop.after(0ms, [] { throw_error(ErrorKind::invalid, "from a timer"); });
  expect_error(ErrorKind::invalid, "from a timer", [&] { loop.run(); });
  bool fired = false;
  loop.after(0ms, [&] {
    fired = true;
    loop.stop();
  });
  loop.run();
  EXPECT_TRUE(fired);
}

TEST(EventLoopTest, SignalsArriveAsCalls) {
  auto child = fork_child([] {
    EventLoop loop;
    unsigned got = 0;
    loop.on_signals({SIGUSR1}, [&](const signalfd_siginfo& info) {
      got = info.ssi_signo;
      loop.stop();
    });
    ::kill(::getpid(), SIGUSR1);
    loop.run();
    return got == SIGUSR1 ? 0 : 1;
  });
  EXPECT_EQ(child.wait().code, 0);
}

}  // namespace
}  // namespace lichen::sys
