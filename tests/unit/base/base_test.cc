// Errors, printable text, ids, digests, paths.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "libpod/base/digest.hh"
#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"

namespace lichen {
namespace {

TEST(ErrorTest, ContextIsAddedFromTheInsideOut) {
  Error error(ErrorKind::system, "open 'x': No such file");
  EXPECT_STREQ(error.what(), "open 'x': No such file");
  error.add_context("read the record");
  error.add_context("start container 'web'");
  EXPECT_STREQ(error.what(), "start container 'web': read the record: open 'x': No such file");
  EXPECT_EQ(error.message(), "open 'x': No such file");
  EXPECT_EQ(error.context().size(), 2U);
}

TEST(ErrorTest, HintKindAndExitCodeStayApartFromTheMessage) {
  Error error(ErrorKind::system, "m", EIO);
  error.with_hint("try again").with_kind(ErrorKind::network).with_exit_code(126);
  EXPECT_STREQ(error.what(), "m");
  EXPECT_EQ(error.hint(), "try again");
  EXPECT_EQ(error.kind(), ErrorKind::network);
  EXPECT_EQ(error.exit_code(), 126);
  EXPECT_EQ(error.saved_errno(), EIO);
  EXPECT_EQ(Error(ErrorKind::system, "m").exit_code(), 0);
}

TEST(ErrorTest, KindFollowsErrno) {
  const auto kind_of = [](int number) {
    try {
      errno = number;
      throw_errno("open '{}'", "x");
    } catch (const Error& error) {
      EXPECT_EQ(error.saved_errno(), number);
      EXPECT_EQ(error.message(), "open 'x': " + errno_text(number));
      return error.kind();
    }
  };
  EXPECT_EQ(kind_of(ENOENT), ErrorKind::not_found);
  EXPECT_EQ(kind_of(EACCES), ErrorKind::permission);
  EXPECT_EQ(kind_of(EPERM), ErrorKind::permission);
  EXPECT_EQ(kind_of(EIO), ErrorKind::system);
}

TEST(ErrorTest, KindsGoRoundByName) {
  for (int i = 0; i <= static_cast<int>(ErrorKind::internal); ++i) {
    const auto kind = static_cast<ErrorKind>(i);
    EXPECT_NE(to_string(kind), "unknown");
    EXPECT_EQ(error_kind_from_string(to_string(kind)), kind);
  }
  EXPECT_EQ(error_kind_from_string("from the future"), ErrorKind::internal);
  EXPECT_EQ(errno_text(ENOENT), "No such file or directory");
  EXPECT_EQ(errno_text(99999), "error 99999");
}

TEST(Printable, OrdinaryTextStays) {
  for (const char* text : {"", "plain", "two\nlines\tand tab", "Grüße", "日本語", "\xF0\x9F\x8C\xB1", "\xC2\xA0",
                           "\xEF\xBF\xBD", "\xF4\x8F\xBF\xBF"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, ControlCharactersCannotDriveTheTerminal) {
  EXPECT_EQ(printable("\x1b[2J"), "\\x1b[2J");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("\r\b\x7f"), "\\x0d\\x08\\x7f");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "\\xc2\\x9b31m")
      << "C1: CSI in one character";
}

TEST(Printable, BrokenUtf8IsShownByteByByte) {
  EXPECT_EQ(printable("\xff"), "\\xff");
  EXPECT_EQ(printable("a\xC3"), "a\\xc3") << "cut off";
  EXPECT_EQ(printable("\xC3("), "\\xc3(");
  EXPECT_EQ(printable("\xC0\xAF"), "\\xc0\\xaf") << "overlong /";
  EXPECT_EQ(printable("\xE0\x80\xAF"), "\\xe0\\x80\\xaf") << "overlong /";
  EXPECT_EQ(printable("\xED\xA0\x80"), "\\xed\\xa0\\x80") << "surrogate";
  EXPECT_EQ(printable("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "past U+10FFFF";
  EXPECT_EQ(printable("\xF0\x9F\x8C"), "\\xf0\\x9f\\x8c");
  EXPECT_EQ(printable("\x80"), "\\x80");
}

TEST(Ids, ShapeAndChance) {
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const std::string id = random_id();
    EXPECT_TRUE(is_full_id(id)) << id;
    EXPECT_NE(id.substr(0, 12).find_first_of("abcdef"), std::string::npos) << "looks like a number: " << id;
    seen.insert(id);
    EXPECT_TRUE(is_valid_name(random_name()));
  }
  EXPECT_EQ(seen.size(), 200U);
  EXPECT_EQ(random_hex(1).size(), 1U);
  EXPECT_EQ(random_hex(7).size(), 7U);
  EXPECT_EQ(short_id(std::string(64, 'a')), std::string(12, 'a'));
  EXPECT_EQ(short_id("abc"), "abc");
}

TEST(Ids, WhatIsOne) {
  const std::string full(64, 'a');
  EXPECT_FALSE(is_full_id(full + "a"));
  EXPECT_FALSE(is_full_id(full.substr(1)));
  EXPECT_FALSE(is_full_id(std::string(64, 'A')));
  EXPECT_FALSE(is_full_id(std::string(64, 'g')));
  EXPECT_TRUE(is_id_prefix("a"));
  EXPECT_TRUE(is_id_prefix(full));
  for (const char* text : {"", "g", "A", "a/", "..", "a b"}) EXPECT_FALSE(is_id_prefix(text)) << text;
  EXPECT_FALSE(is_id_prefix(full + "a"));
}

TEST(Names, DockersRule) {
  for (const char* name : {"a", "web", "Web-1", "a_b.c", "0", "9x"}) EXPECT_TRUE(is_valid_name(name)) << name;
  for (const char* name :
       {"", ".", "..", "-a", "_a", ".a", "a/b", "a b", "a\n", "gr\xC3\xBC\xC3\x9F", "a:b", "a@b", "../x"})
    EXPECT_FALSE(is_valid_name(name)) << name;
  EXPECT_FALSE(is_valid_name(std::string_view("a\0b", 3)));
  EXPECT_TRUE(is_valid_name(std::string(253, 'a')));
  EXPECT_FALSE(is_valid_name(std::string(254, 'a')));
}

TEST(DigestTest, Accepted) {
  const std::string hex(64, 'a');
  const auto digest = Digest::parse("sha256:" + hex);
  ASSERT_TRUE(digest);
  EXPECT_EQ(digest->algorithm(), "sha256");
  EXPECT_EQ(digest->hex(), hex);
  EXPECT_EQ(digest->str(), "sha256:" + hex);
  EXPECT_EQ(*digest, Digest::from_sha256_hex(hex));
  EXPECT_TRUE(Digest::parse("sha512:" + std::string(128, '0')));
  EXPECT_TRUE(Digest().empty());
  EXPECT_EQ(Digest().hex(), "");
}

TEST(DigestTest, Refused) {
  const std::string hex(64, 'a');
  const std::string bad[] = {"",
                             "sha256",
                             "sha256:",
                             hex,
                             "sha256:" + hex.substr(1),
                             "sha256:" + hex + "a",
                             "sha256:" + std::string(64, 'A'),
                             "SHA256:" + hex,
                             "sha256:" + hex.substr(2) + "..",
                             "sha256:../../" + hex.substr(6),
                             "sha256:/" + hex.substr(1),
                             "md5:" + hex,
                             "sha512:" + hex,
                             "sha256:" + std::string(128, 'a'),
                             "../sha256:" + hex,
                             " sha256:" + hex,
                             "sha256:" + hex + "\n",
                             "sha256:sha256:" + hex.substr(7),
                             "sha256:" + hex.substr(1) + std::string(1, '\0')};
  for (const auto& text : bad) EXPECT_FALSE(Digest::parse(text)) << text;
}

TEST(Path, CleanAsGoDoes) {
  const std::pair<const char*, const char*> cases[] = {{"", "."},
                                                       {".", "."},
                                                       {"/", "/"},
                                                       {"//", "/"},
                                                       {"a//b", "a/b"},
                                                       {"a/./b/", "a/b"},
                                                       {"a/../b", "b"},
                                                       {"a/..", "."},
                                                       {"..", ".."},
                                                       {"../..", "../.."},
                                                       {"../a/../..", "../.."},
                                                       {"/..", "/"},
                                                       {"/../../a", "/a"},
                                                       {"/a/b/../../..", "/"},
                                                       {"...", "..."},
                                                       {"a/...", "a/..."},
                                                       {"./../a", "../a"}};
  for (const auto& [input, expected] : cases) {
    EXPECT_EQ(clean_path(input), expected) << input;
    EXPECT_EQ(clean_path(expected), expected);
  }
}

TEST(Path, JoinParentBase) {
  EXPECT_EQ(join_path("/a", "/b"), "/a/b");
  EXPECT_EQ(join_path("/a", "../b"), "/b");
  EXPECT_EQ(join_path("/", "b"), "/b");
  EXPECT_EQ(join_path("a", ""), "a");
  EXPECT_EQ(parent_path("/a/b/"), "/a");
  EXPECT_EQ(parent_path("/a"), "/");
  EXPECT_EQ(parent_path("/"), "/");
  EXPECT_EQ(parent_path("a"), ".");
  EXPECT_EQ(base_name("/a/b/"), "b");
  EXPECT_EQ(base_name("/"), "/");
  EXPECT_EQ(base_name("a"), "a");
}

TEST(Path, Below) {
  EXPECT_TRUE(is_below("/a/b", "/a"));
  EXPECT_TRUE(is_below("/a", "/a"));
  EXPECT_TRUE(is_below("/a", "/"));
  EXPECT_FALSE(is_below("/ab", "/a"));
  EXPECT_FALSE(is_below("/", "/a"));
  EXPECT_FALSE(is_below("a", "/"));
}

}  // namespace
}  // namespace lichen
