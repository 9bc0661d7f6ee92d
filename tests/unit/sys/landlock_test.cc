#include "libpod/sys/landlock.hh"

#include <gtest/gtest.h>
#include <thread>

#include "libpod/sys/fs.hh"

#include <fcntl.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

TEST(Landlock, AConfinedThreadReachesOnlyItsDirectory) {
  char pattern[] = "/tmp/lichen-landlock-XXXXXX";
  const std::string folder = ::mkdtemp(pattern);
  for (const char* name : {"/in", "/in/a", "/in/b", "/out"}) make_directory(folder + name);
  write_file(folder + "/out/file", "secret");
  bool confined = false;
  int read_out = 0, write_out = 0, link_out = 0, made = -1, linked = -1;
  std::thread([&] {
    confined = confine_thread_to(folder + "/in");
    if (!confined) return;
    read_out = ::open((folder + "/out/file").c_str(), O_RDONLY | O_CLOEXEC) < 0 ? errno : 0;
    write_out = ::open((folder + "/out/new").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0 ? errno : 0;
    link_out = ::link((folder + "/out/file").c_str(), (folder + "/in/stolen").c_str()) != 0 ? errno : 0;
    const UniqueFd file(::open((folder + "/in/a/file").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    made = file ? 0 : errno;
    linked = ::link((folder + "/in/a/file").c_str(), (folder + "/in/b/file").c_str()) == 0 ? 0 : errno;
  }).join();
  EXPECT_TRUE(exists(folder + "/out/file"));  // this thread is as free as before
  const bool new_file = exists(folder + "/out/new");
  remove_tree(folder);
  if (!confined) GTEST_SKIP() << "this kernel has no Landlock of version 2";
  EXPECT_EQ(read_out, EACCES);
  EXPECT_EQ(write_out, EACCES);
  EXPECT_NE(link_out, 0);
  EXPECT_FALSE(new_file);
  EXPECT_EQ(made, 0);
  EXPECT_EQ(linked, 0);
}

}  // namespace
}  // namespace lichen::sys
