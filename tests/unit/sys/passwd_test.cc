#include "libpod/sys/passwd.hh"

#include <gtest/gtest.h>

#include "libpod/sys/userns.hh"

#include <unistd.h>

namespace lichen::sys {
namespace {

TEST(FindUser, TheFirstWholeLineWithTheUid) {
  constexpr const char* kText =
      "root:x:0:0:root:/root:/bin/bash\n"
      "# 1000:x:1000\n"
      "short:x:1000\n"
      ":x:1000:1000::/nameless:/bin/sh\n"
      "anna:x:1000:1000:Anna,,,:/home/anna:/bin/zsh\n"
      "other:x:1000:1000::/home/other:/bin/sh\n";
  const auto anna = find_user_in(kText, 1000);
  ASSERT_TRUE(anna);
  EXPECT_EQ(anna->name, "anna");
  EXPECT_EQ(anna->home, "/home/anna");
  EXPECT_EQ(find_user_in(kText, 0)->home, "/root");
  EXPECT_FALSE(find_user_in(kText, 1));
  EXPECT_FALSE(find_user_in("", 0));
}

TEST(FindUser, ThisMachinesDatabase) {
  ASSERT_TRUE(find_user(0));
  EXPECT_EQ(find_user(0)->name, "root");
  EXPECT_FALSE(find_user(4'000'000'123)) << "asked of getent, which does not know it either";
}

}  // namespace
}  // namespace lichen::sys
