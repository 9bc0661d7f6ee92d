#include <gtest/gtest.h>

#include "libpod/base/id.hh"
#include "libpod/sys/fs.hh"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace lichen::sys {
namespace {

TEST(RemoveTree, DeeperThanThereAreDescriptors) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{300, before.rlim_max};
  const std::string top = "/tmp/lichen-test-" + random_hex(12);
  make_directory(top, 0700);
  auto here = open_path(top, O_RDONLY | O_DIRECTORY);
  for (int depth = 0; depth < 900; ++depth) {
    ASSERT_EQ(::mkdirat(here.get(), "deep", 0755), 0);
    here = open_at(here.get(), "deep", O_RDONLY | O_DIRECTORY);
    write_file("/proc/self/fd/" + std::to_string(here.get()) + "/file", "x");
  }
  here.reset();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  EXPECT_NO_THROW(remove_tree(top));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_FALSE(exists(top));
}

}  // namespace
}  // namespace lichen::sys
