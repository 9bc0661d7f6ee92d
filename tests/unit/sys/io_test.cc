#include "libpod/sys/io.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/spec/expect_error.hh"
#include "tests/unit/sys/support.hh"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

using spec::expect_error;
using test::TempDir;

TEST(Io, WholeFilesAndTheirLimit) {
  const TempDir dir;
  const std::string text(100'000, 'x');
  write_file(dir / "f", text);
  EXPECT_EQ(read_file(dir / "f"), text);
  EXPECT_EQ(read_file(dir / "f", 100'000), text);
  expect_error(ErrorKind::invalid, "longer than the 99999 bytes allowed", [&] { read_file(dir / "f", 99'999); });
}

TEST(Io, AbsenceIsAnErrorOnlyWhereTheFileIsNeeded) {
  const TempDir dir;
  write_file(dir / "f", "x");
  EXPECT_EQ(read_file_if_exists(dir / "none"), std::nullopt);
  EXPECT_EQ(read_file_if_exists(dir / "f/below"), std::nullopt);  // ENOTDIR
  expect_error(ErrorKind::not_found, "open '" + (dir / "none") + "': No such file", [&] { read_file(dir / "none"); });
  // A directory is no file that is missing: it is said.
  expect_error(ErrorKind::system, "Is a directory", [&] { read_file_if_exists(dir.path()); });
}

TEST(Io, ReadFullPutsShortReadsTogether) {
  Pipe pipe = make_pipe();
  auto writer = fork_child([&] {
    for (const char* part : {"ab", "cd", "ef"}) {
      write_all(pipe.write.get(), part, "pipe");
      ::usleep(5'000);
    }
    return 0;
  });
  pipe.write.reset();
  char data[10] = {};
  EXPECT_EQ(read_full(pipe.read.get(), data, 4), 4U);
  EXPECT_EQ(std::string(data, 4), "abcd");
  EXPECT_EQ(read_full(pipe.read.get(), data, sizeof data), 2U);
  EXPECT_EQ(read_full(pipe.read.get(), data, sizeof data), 0U);
  EXPECT_EQ(writer.wait().code, 0);
}

TEST(Io, WritingToNobodyNamesTheObject) {
  Pipe pipe = make_pipe();
  pipe.read.reset();
  auto child = fork_child([&] {
    ::signal(SIGPIPE, SIG_IGN);
    expect_error(ErrorKind::system, "write 'the pipe': Broken pipe",
                 [&] { write_all(pipe.write.get(), "x", "the pipe"); });
    return ::testing::Test::HasFailure() ? 1 : 0;
  });
  EXPECT_EQ(child.wait().code, 0);
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  if (full)
    expect_error(ErrorKind::system, "write 'log': No space left on device", [&] { write_all(full.get(), "x", "log"); });
}

}  // namespace
}  // namespace lichen::sys
