#include "libpod/sys/process.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/io.hh"
#include "tests/unit/spec/expect_error.hh"
#include "tests/unit/sys/support.hh"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

using namespace std::chrono_literals;
using spec::expect_error;
using test::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Spawn, ErrorsNameTheProgramAndItsCause) {
  const TempDir dir;
  expect_error(ErrorKind::not_found, "execute 'lichen-none': No such file or directory",
               [] { spawn({.argv = {"lichen-none"}}); });
  expect_error(ErrorKind::not_found, "execute '/none/x': No such file",
               [] { spawn({.argv = {"x"}, .program = "/none/x"}); });
  write_file(dir / "plain", "#!/bin/sh\n", 0644);
  expect_error(ErrorKind::permission, "execute '" + (dir / "plain") + "': Permission denied",
               [&] { spawn({.argv = {dir / "plain"}}); });
  expect_error(ErrorKind::permission, "Permission denied", [&] { spawn({.argv = {dir.path()}}); });
  expect_error(ErrorKind::not_found, "change to directory '/none': No such file",
               [] { spawn({.argv = {"true"}, .working_dir = "/none"}); });
  expect_error(ErrorKind::system, "duplicate a file descriptor for the child: Bad file", [] {
    spawn({.argv = {"true"}, .fds = {{987, 3}}});
  });
}

TEST(Spawn, FolderOfPathThatMayNotBeSearchedIsNotTheCause) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may search any folder";
  const TempDir dir;
  make_directory(dir / "closed", 0000);
  const std::string saved = ::getenv("PATH");
  ::setenv("PATH", (saved + ":" + (dir / "closed")).c_str(), 1);
  expect_error(ErrorKind::not_found, "execute 'lichen-none': No such file or directory",
               [] { spawn({.argv = {"lichen-none"}}); });
  write_file(dir / "lichen-plain", "", 0644);
  ::setenv("PATH", (saved + ":" + dir.path()).c_str(), 1);
  expect_error(ErrorKind::permission, "execute 'lichen-plain': Permission denied",
               [] { spawn({.argv = {"lichen-plain"}}); });
  ::setenv("PATH", saved.c_str(), 1);
}

TEST(Spawn, ErrnoComesAlong) {
  try {
    spawn({.argv = {"lichen-none"}});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.saved_errno(), ENOENT);
  }
}

TEST(Spawn, ErrorsOfTheChildsOwnStepsArriveWhole) {
  const auto fail = [] { throw Error(ErrorKind::unsupported, "join 'x': no").with_hint("do without"); };
  expect_error(ErrorKind::unsupported, "join 'x': no (do without)",
               [&] { spawn({.argv = {"true"}, .in_child = fail}); });
  const auto fail_with_errno = [] { throw_errno_value(ENOSPC, "map '{}'", "y"); };
  expect_error(ErrorKind::system, "map 'y': No space left on device ()",
               [&] { spawn({.argv = {"true"}, .in_child = fail_with_errno}); });
  const auto odd = [] { throw std::runtime_error("odd"); };
  expect_error(ErrorKind::internal, "odd", [&] { spawn({.argv = {"true"}, .in_child = odd}); });
}

TEST(Spawn, FailuresLeaveNoZombieAndNoDescriptor) {
  const auto before = test::open_descriptors();
  for (int i = 0; i < 5; ++i) EXPECT_THROW(spawn({.argv = {"lichen-none"}}), Error);
  EXPECT_EQ(test::open_descriptors(), before);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

// What descriptors a spawned program sees: "0 1 2 ..." without the one of ls itself.
std::vector<std::string> descriptors_of_child(std::vector<std::pair<int, int>> fds) {
  Pipe out = make_pipe();
  fds.emplace_back(out.write.get(), 1);
  Pid child =
      spawn({.argv = {"sh", "-c", "for f in /proc/self/fd/*; do [ -e $f ] && echo ${f##*/}; done; true"}, .fds = fds});
  out.write.reset();
  const std::string text = read_all(out.read.get(), "pipe");
  EXPECT_EQ(child.wait().code, 0);
  auto names = split(trim(text), '\n');
  return names;
}

TEST(Spawn, OnlyMappedDescriptorsReachTheChild) {
  const UniqueFd other = open_path("/dev/null", O_RDONLY);
  const UniqueFd given = open_path("/dev/null", O_RDONLY);
  const auto without = descriptors_of_child({});
  const auto with = descriptors_of_child({{given.get(), 40}});
  EXPECT_THAT(without, ::testing::Not(::testing::Contains("40")));
  auto expected = without;
  expected.emplace_back("40");
  EXPECT_THAT(with, ::testing::UnorderedElementsAreArray(expected));
  EXPECT_THAT(without, ::testing::Not(::testing::Contains(std::to_string(other.get()))));
}

TEST(Spawn, OverlappingNumbersAreSwapped) {
  const TempDir dir;
  write_file(dir / "a", "A");
  write_file(dir / "b", "B");
  const UniqueFd low = duplicate(open_path(dir / "a", O_RDONLY).get(), 20);
  const UniqueFd high = duplicate(open_path(dir / "b", O_RDONLY).get(), 21);
  ASSERT_EQ(low.get() + 1, high.get()) << "the test needs neighbours";
  Pipe out = make_pipe();
  const std::string script = fmt::format("cat <&{} ; cat <&{}; cat <&9", low.get(), high.get());
  // bash: dash knows only one digit.
  if (!exists("/bin/bash")) GTEST_SKIP() << "needs bash";
  Pid child = spawn({.argv = {"bash", "-c", script},
                     .fds = {{low.get(), high.get()}, {high.get(), low.get()}, {low.get(), 9}, {out.write.get(), 1}}});
  out.write.reset();
  // 9 and the swapped one share an offset: the file is at its end.
  EXPECT_EQ(read_all(out.read.get(), "pipe"), "BA");
  EXPECT_EQ(child.wait().code, 0);
  EXPECT_NE(::fcntl(low.get(), F_GETFD) & FD_CLOEXEC, 0) << "ours stay as they were";
}

TEST(Spawn, ADescriptorMayKeepItsNumber) {
  const TempDir dir;
  write_file(dir / "a", "A");
  const UniqueFd fd = duplicate(open_path(dir / "a", O_RDONLY).get(), 7);
  Pipe out = make_pipe();
  if (fd.get() > 9) GTEST_SKIP() << "dash knows only one digit";
  Pid child = spawn(
      {.argv = {"sh", "-c", fmt::format("cat <&{}", fd.get())}, .fds = {{fd.get(), fd.get()}, {out.write.get(), 1}}});
  out.write.reset();
  EXPECT_EQ(read_all(out.read.get(), "pipe"), "A");
  EXPECT_EQ(child.wait().code, 0);
}

TEST(Spawn, SignalsAreAsInANewLogin) {
  const auto saved = ::signal(SIGPIPE, SIG_IGN);
  sigset_t blocked, before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &blocked, &before);
  const auto result = run_program({"grep", "-E", "SigBlk|SigIgn", "/proc/self/status"});
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  ::signal(SIGPIPE, saved);
  EXPECT_EQ(result.out, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST(Spawn, EnvironmentNameAndDirectory) {
  Pipe out = make_pipe();
  Pid child = spawn({.argv = {"other-name", "-c", "echo $0 $FOO $HOME; pwd"},
                     .program = "/bin/sh",
                     .env = std::vector<std::string>{"FOO=bar"},
                     .fds = {{out.write.get(), 1}},
                     .working_dir = "/usr"});
  out.write.reset();
  EXPECT_EQ(read_all(out.read.get(), "pipe"), "other-name bar\n/usr\n");
  EXPECT_EQ(child.wait().code, 0);
}

TEST(Spawn, ProgramByDescriptor) {
  const UniqueFd program = open_path("/bin/sh", O_PATH);
  Pid child = spawn({.argv = {"sh", "-c", "exit 7"}, .program_fd = program.get()});
  EXPECT_EQ(child.wait().code, 7);
}

TEST(Spawn, NewSession) {
  Pid child = spawn({.argv = {"sleep", "1000"}, .new_session = true});
  EXPECT_EQ(::getsid(child.get()), child.get());
}

TEST(Spawn, DiesWithItsParent) {
  Pipe pipe = make_pipe();
  auto middle = fork_child([&] {
    Pid grandchild = spawn({.argv = {"sleep", "1000"}, .fds = {{pipe.write.get(), 5}}, .die_with_parent = true});
    grandchild.release();
    return 0;
  });
  pipe.write.reset();
  EXPECT_EQ(middle.wait().code, 0);
  // The end of the pipe: the last holder is gone.
  char byte = 0;
  EXPECT_EQ(::read(pipe.read.get(), &byte, 1), 0);
}

TEST(RunProgram, OutputErrorStatusAndInput) {
  const auto result = run_program({"sh", "-c", "cat; echo problem >&2; exit 3"}, "hello");
  EXPECT_EQ(result.out, "hello");
  EXPECT_EQ(result.err, "problem\n");
  EXPECT_EQ(result.status.code, 3);
  EXPECT_EQ(run_program({"cat"}).out, "") << "without input it is at the end at once";
}

TEST(RunProgram, MoreThanPipesHoldBothWays) {
  const std::string much(300'000, 'x');
  const auto result = run_program({"sh", "-c", "cat; head -c 300000 /dev/zero >&2"}, much);
  EXPECT_GE(result.out.size(), 64U << 10);
  EXPECT_LT(result.out.size(), 80U << 10) << "only the beginning is kept";
  EXPECT_EQ(result.status.code, 0);
  EXPECT_EQ(run_program({"true"}, much).status.code, 0) << "a child that does not read is no SIGPIPE for us";
}

TEST(PidOwner, WaitStatusAsTheShellTellsIt) {
  EXPECT_EQ(decode_wait_status(W_EXITCODE(5, 0)).code, 5);
  const auto killed = decode_wait_status(W_EXITCODE(0, SIGTERM));
  EXPECT_EQ(killed.code, 143);
  EXPECT_EQ(killed.signal, SIGTERM);
  EXPECT_FALSE(killed.core_dumped);
  EXPECT_TRUE(decode_wait_status(W_EXITCODE(0, SIGSEGV) | WCOREFLAG).core_dumped);
}

TEST(PidOwner, KilledAndReapedWhenForgotten) {
  pid_t pid = 0;
  {
    const Pid child = spawn({.argv = {"sleep", "1000"}});
    pid = child.get();
  }
  EXPECT_EQ(::kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(PidOwner, MovingKeepsExactlyOneOwner) {
  Pid first = spawn({.argv = {"sleep", "1000"}});
  const pid_t first_pid = first.get();
  Pid second = spawn({.argv = {"sleep", "1000"}});
  const pid_t second_pid = second.get();
  second = std::move(first);
  EXPECT_FALSE(first);
  EXPECT_EQ(second.get(), first_pid);
  EXPECT_EQ(::kill(second_pid, 0), -1) << "what was owned before is killed";
  EXPECT_EQ(second.try_wait(), std::nullopt);
  second.kill(SIGTERM);
  EXPECT_EQ(second.wait().signal, SIGTERM);
  EXPECT_FALSE(second);
}

bool operator_equal(const std::optional<ExitStatus>& status, int code) { return status && status->code == code; }

TEST(ForkChild, ReturnsItsCodeAndTurnsExceptionsInto125) {
  EXPECT_EQ(fork_child([] { return 9; }).wait().code, 9);
  const auto saved = duplicate(2);
  const UniqueFd null = open_path("/dev/null", O_WRONLY);
  ::dup2(null.get(), 2);
  auto child = fork_child([]() -> int { throw_error(ErrorKind::invalid, "no"); });
  ::dup2(saved.get(), 2);
  EXPECT_EQ(child.wait().code, 125);
  auto polled = fork_child([] { return 4; });
  std::optional<ExitStatus> status;
  while (!(status = polled.try_wait())) ::usleep(1000);
  EXPECT_TRUE(operator_equal(status, 4));
}

TEST(Pidfd, WaitsSignalsAndSeesTheEnd) {
  Pid child = spawn({.argv = {"sleep", "1000"}});
  EXPECT_FALSE(wait_pidfd(child.pidfd(), 20ms));
  expect_error(ErrorKind::system, "send signal 12345: Invalid argument", [&] { signal_pidfd(child.pidfd(), 12345); });
  EXPECT_TRUE(signal_pidfd(child.pidfd(), SIGTERM));
  EXPECT_TRUE(wait_pidfd(child.pidfd(), 10s));
  const UniqueFd pidfd = duplicate(child.pidfd());
  child.wait();
  EXPECT_FALSE(signal_pidfd(pidfd.get(), SIGTERM)) << "it is reaped";
}

TEST(Pidfd, NoSuchProcess) {
  Pid child = spawn({.argv = {"true"}});
  const pid_t pid = child.get();
  child.wait();
  EXPECT_FALSE(open_pidfd(pid));
  EXPECT_FALSE(open_pidfd(-1));
  EXPECT_EQ(process_start_time(pid), std::nullopt);
  EXPECT_FALSE(open_process(0, 1));
}

TEST(StartTime, NamesThatLookLikeFields) {
  const auto own = process_start_time(::getpid());
  ASSERT_TRUE(own);
  for (const char* name : {"a b", ") R 1 1 1", "x) ", "))))", "1 (2) 3"}) {
    Pipe ready = make_pipe();
    Pid child = fork_child([&] {
      ::prctl(PR_SET_NAME, name);
      write_all(ready.write.get(), "x", "pipe");
      ::pause();
      return 0;
    });
    char byte = 0;
    ASSERT_EQ(read_full(ready.read.get(), &byte, 1), 1U);
    ASSERT_THAT(read_file(fmt::format("/proc/{}/stat", child.get())), HasSubstr(std::string("(") + name + ")"));
    const auto start = process_start_time(child.get());
    ASSERT_TRUE(start) << name;
    EXPECT_GE(*start, *own) << name;
    EXPECT_LT(*start, *own + 100ULL * 3600) << name;
    EXPECT_TRUE(open_process(child.get(), *start));
    EXPECT_FALSE(open_process(child.get(), *start + 1)) << "another process with the same pid";
  }
}

// C02's other side: whoever tries to write to a program keeps it busy for a moment only.
TEST(Spawn, AProgramThatIsBusyForAMomentIsTriedAgain) {
  const TempDir folder;
  const std::string program = folder.path() + "/true";
  write_file(program, read_file("/bin/true"), 0755);
  Pipe ready = make_pipe();
  Pid writer = fork_child([&] {
    const UniqueFd held = open_path(program, O_WRONLY);
    write_all(ready.write.get(), "x", "pipe");
    ::usleep(20'000);
    return 0;
  });
  char byte = 0;
  ASSERT_EQ(read_full(ready.read.get(), &byte, 1), 1U);
  EXPECT_EQ(spawn({.argv = {program}}).wait().code, 0);
  writer.wait();
  const UniqueFd held = open_path(program, O_WRONLY);
  expect_error(ErrorKind::system, "Text file busy", [&] { spawn({.argv = {program}}); });
}

TEST(BootId, MayBeReplacedInTests) {
  const std::string real = boot_id();
  EXPECT_EQ(real.size(), 36U);
  ::setenv("LICHEN_TEST_BOOT_ID", "other", 1);
  EXPECT_EQ(boot_id(), "other");
  ::unsetenv("LICHEN_TEST_BOOT_ID");
  EXPECT_EQ(boot_id(), real);
}

TEST(ProgramDirectory, IsWhereTheProgramIs) { EXPECT_TRUE(exists(program_directory() + "/unit_sys")); }

}  // namespace
}  // namespace lichen::sys
