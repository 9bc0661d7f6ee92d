#include "libpod/sys/output_file.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/sys/io.hh"
#include "tests/unit/spec/expect_error.hh"
#include "tests/unit/sys/support.hh"

#include <fcntl.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

using spec::expect_error;
using test::TempDir;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(OutputFile, AppearsWholeAndReplacesWhatWasThere) {
  for (const auto durability : {Durability::none, Durability::synced}) {
    const TempDir dir;
    write_file(dir / "out", "old");
    OutputFile file(dir / "out");
    EXPECT_EQ(file.name(), dir / "out");
    write_all(file.fd(), "new", "out");
    EXPECT_EQ(read_file(dir / "out"), "old");
    EXPECT_EQ(list_directory(dir.path()).size(), 2U);
    file.finish(durability);
    EXPECT_EQ(read_file(dir / "out"), "new");
    EXPECT_THAT(list_directory(dir.path()), ElementsAre("out"));
  }
}

TEST(OutputFile, UnfinishedLeavesNothing) {
  const TempDir dir;
  {
    const OutputFile file(dir / "out");
    write_all(file.fd(), "half", "out");
  }
  EXPECT_THAT(list_directory(dir.path()), IsEmpty());
}

TEST(OutputFile, DirectoryIsHeldWhateverBecomesOfItsName) {
  const TempDir dir;
  make_directory(dir / "a");
  OutputFile file(dir / "a/out");
  rename_path(dir / "a", dir / "b");
  file.finish(Durability::none);
  EXPECT_THAT(list_directory(dir / "b"), ElementsAre("out"));
  { const OutputFile other(dir / "b/other"); }
  EXPECT_THAT(list_directory(dir / "b"), ElementsAre("out"));
}

TEST(OutputFile, DotDotIsTheKernels) {
  const TempDir dir;
  make_directories(dir / "a/b");
  make_symlink("a/b", dir / "link");
  OutputFile file((dir / "link") + "/../out");
  file.finish(Durability::none);
  EXPECT_TRUE(exists(dir / "a/out"));
}

TEST(OutputFile, SpecialFilesAreWrittenAsTheyAre) {
  const TempDir dir;
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  const UniqueFd reader = open_path(dir / "fifo", O_RDONLY | O_NONBLOCK);
  OutputFile file(dir / "fifo");
  write_all(file.fd(), "text", "fifo");
  file.finish(Durability::synced);
  char text[4] = {};
  EXPECT_EQ(read_full(reader.get(), text, 4), 4U);
  EXPECT_EQ(std::string_view(text, 4), "text");
  EXPECT_THAT(list_directory(dir.path()), ElementsAre("fifo"));
}

TEST(OutputFile, StandardOutputStaysOpen) {
  for (const std::string path : {"-", "", "/dev/stdout"}) {
    const auto before = test::open_descriptors();
    {
      OutputFile file(path);
      EXPECT_EQ(file.name(), "standard output");
      EXPECT_NE(file.fd(), STDOUT_FILENO);
      file.finish(Durability::synced);
    }
    EXPECT_EQ(test::open_descriptors(), before);
  }
}

TEST(OutputFile, ErrorsNameThePlace) {
  const TempDir dir;
  expect_error(ErrorKind::conflict, "write '" + dir.path() + "': it is a directory", [&] { OutputFile(dir.path()); });
  expect_error(ErrorKind::not_found, "write '" + (dir / "none/") + "': there is no such directory",
               [&] { OutputFile(dir / "none/"); });
  expect_error(ErrorKind::not_found, "open '" + (dir / "none/") + "': No such file",
               [&] { OutputFile(dir / "none/out"); });
  write_file(dir / "file", "");
  expect_error(ErrorKind::system, "open '" + (dir / "file/") + "': Not a directory",
               [&] { OutputFile(dir / "file/out"); });
}

}  // namespace
}  // namespace lichen::sys
