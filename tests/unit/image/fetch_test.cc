// The file's name in a Content-Disposition.
#include "libpod/image/fetch.hh"

#include <gtest/gtest.h>

namespace lichen::image {
namespace {

TEST(SuggestedName, Forms) {
  EXPECT_EQ(suggested_name("attachment; filename=\"a b.txt\""), "a b.txt");
  EXPECT_EQ(suggested_name("attachment; filename=plain.tar.gz; size=1"), "plain.tar.gz");
  EXPECT_EQ(suggested_name("Attachment; FileName=\"x\\\"y\""), "x\"y");
  EXPECT_EQ(suggested_name("attachment; filename=old; filename*=UTF-8''n%C3%A9w.txt"), "n\xc3\xa9w.txt");
  EXPECT_EQ(suggested_name("attachment; filename=old; filename*=latin1''x"), "old");
  EXPECT_EQ(suggested_name("attachment"), "");
  EXPECT_EQ(suggested_name(""), "");
}

TEST(SuggestedName, NoDirectoryAndNothingOdd) {
  EXPECT_EQ(suggested_name("attachment; filename=\"../../etc/passwd\""), "passwd");
  EXPECT_EQ(suggested_name("attachment; filename=\"C:\\\\dir\\\\x\""), "x");
  EXPECT_EQ(suggested_name("attachment; filename*=UTF-8''%2e%2e%2fx"), "x");
  for (const char* odd : {"attachment; filename=\"..\"", "attachment; filename=\".\"", "attachment; filename=\"dir/\"",
                          "attachment; filename*=UTF-8''a%00b", "attachment; filename*=UTF-8''a%0ab",
                          "attachment; filename=\"", "filename*=UTF-8'"})
    EXPECT_EQ(suggested_name(odd), "") << odd;
  EXPECT_EQ(suggested_name("attachment; filename=" + std::string(256, 'a')), "");
}

}  // namespace
}  // namespace lichen::image
