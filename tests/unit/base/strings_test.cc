#include "libpod/base/strings.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/spec/expect_error.hh"

namespace lichen {
namespace {

using spec::expect_error;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Strings, SplitAndJoinAreInverse) {
  for (const char* text : {"", ",", "a", "a,b", ",a,", "a,,b", ",,,"}) EXPECT_EQ(join(split(text, ','), ","), text);
  EXPECT_THAT(split("", ','), ElementsAre(""));
  EXPECT_THAT(split_n("a=b=c", '=', 2), ElementsAre("a", "b=c"));
  EXPECT_THAT(split_n("a=b", '=', 1), ElementsAre("a=b"));
  EXPECT_EQ(cut("a=b=c", '='), (std::pair<std::string, std::string>("a", "b=c")));
  EXPECT_EQ(cut("abc", '='), std::nullopt);
  EXPECT_EQ(join(std::vector<std::string>{}, ","), "");
}

TEST(Strings, SmallOnes) {
  EXPECT_EQ(trim(" \t\r\n\v\f a b \n"), "a b");
  EXPECT_EQ(trim("  "), "");
  EXPECT_EQ(to_lower("AbZ\xC3\x84"), "abz\xC3\x84") << "ASCII only";
  EXPECT_EQ(to_upper("abz-1"), "ABZ-1");
  EXPECT_TRUE(iequals("Host", "hOST"));
  EXPECT_FALSE(iequals("Host", "Hos"));
  EXPECT_EQ(replace_all("aaa", "a", "aa"), "aaaaaa") << "what was put in is not looked at again";
  EXPECT_EQ(replace_all("abab", "ab", ""), "");
}

TEST(ShellWords, QuoteAndSplitAreInverse) {
  const std::vector<std::string> words = {"",    "a",      "a b",   "'",         "it's", "\"",
                                          "\\",  "$HOME",  "`x`",   "a\nb",      "*",    "~",
                                          "a=b", "tab\tx", "'\\''", "--x=\"y\"", "#",    "gr\xC3\xBC\xC3\x9F",
                                          ";",   "&&",     "!",     "\\'",       "a\\"};
  for (const auto& word : words) EXPECT_THAT(shell_split(shell_quote(word)), ElementsAre(word)) << shell_quote(word);
  EXPECT_EQ(shell_split(shell_join(words)), words);
  EXPECT_EQ(shell_quote("a/b-c.d_e=f:1,2@%+"), "a/b-c.d_e=f:1,2@%+") << "nothing to quote";
  EXPECT_EQ(shell_join(std::vector<std::string>{"sh", "-c", "echo 'x'"}), "sh -c 'echo '\\''x'\\'''");
}

TEST(ShellWords, FirstEmptyWordStays) {
  EXPECT_EQ(shell_split(shell_join(std::vector<std::string>{"", "a"})), (std::vector<std::string>{"", "a"}));
}

TEST(ShellWords, AsAPosixShellSplits) {
  EXPECT_THAT(shell_split("  a   b\tc\n"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(shell_split(""), IsEmpty());
  EXPECT_THAT(shell_split("   "), IsEmpty());
  EXPECT_THAT(shell_split("''"), ElementsAre(""));
  EXPECT_THAT(shell_split("a'b c'd"), ElementsAre("ab cd"));
  EXPECT_THAT(shell_split("a\\ b"), ElementsAre("a b"));
  EXPECT_THAT(shell_split("'a\\'"), ElementsAre("a\\")) << "no escapes in single quotes";
  // In double quotes a backslash escapes only $ ` " \ and a line's end (POSIX, 2.2.3).
  EXPECT_THAT(shell_split(R"("a\"b" "\\" "\$x")"), ElementsAre("a\"b", "\\", "$x"));
  EXPECT_THAT(shell_split(R"("\n" "a\b")"), ElementsAre("\\n", "a\\b"));
  EXPECT_THAT(shell_split("a\\\nb \"c\\\nd\""), ElementsAre("ab", "cd")) << "a line that goes on";
  expect_error(ErrorKind::invalid, "the quote ' is not closed", [] { shell_split("a 'b"); });
  expect_error(ErrorKind::invalid, "the quote \" is not closed", [] { shell_split("\"a\\\""); });
}

TEST(Glob, Matches) {
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},       {"*", ""},        {"*", "a/b"},     {"a*", "a"},   {"*a*b*", "xaxbx"}, {"a?c", "abc"},
      {"[abc]", "b"}, {"[a-c]x", "bx"}, {"[!a]", "b"},    {"[^a]", "b"}, {"[]]", "]"},       {"[]a]", "a"},
      {"[a-]", "-"},  {"\\*", "*"},     {"\\[a]", "[a]"}, {"[", "["},    {"a[", "a["},       {"[\\]]", "]"},
      {"**", "abc"},  {"a**b", "ab"},   {"\\", "\\"}};
  for (const auto& [pattern, text] : cases) EXPECT_TRUE(glob_match(pattern, text)) << pattern << " " << text;
}

TEST(Glob, DoesNotMatch) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "a"},    {"a", ""},    {"a", "ab"},  {"?", ""},   {"?", "ab"}, {"[abc]", "d"}, {"[!a]", "a"}, {"[a-c]", "-"},
      {"*a", "ab"}, {"a*b", "a"}, {"\\*", "a"}, {"[a", "a"}, {"A", "a"},  {"[]", "]"},    {"[!]", "x"}};
  for (const auto& [pattern, text] : cases) EXPECT_FALSE(glob_match(pattern, text)) << pattern << " " << text;
}

TEST(Glob, ManyStarsAreNotSlow) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "a*";
  EXPECT_FALSE(glob_match(pattern + "b", std::string(5000, 'a')));
}

TEST(Nearest, WhatWasMeant) {
  const std::vector<std::string> words = {"name", "network", "no-healthcheck", "rm"};
  EXPECT_EQ(nearest("naem", words), "name") << "two letters swapped";
  EXPECT_EQ(nearest("netwrok", words), "network");
  EXPECT_EQ(nearest("networks", words), "network");
  EXPECT_EQ(nearest("name", words), "name");
  EXPECT_EQ(nearest("volume", words), std::nullopt);
  EXPECT_EQ(nearest("xy", words), std::nullopt);
  EXPECT_EQ(nearest("", words), std::nullopt);
  EXPECT_EQ(nearest("name", {}), std::nullopt);
}

}  // namespace
}  // namespace lichen
