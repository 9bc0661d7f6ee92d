#include "libpod/spec/env.hh"

#include "tests/unit/spec/expect_error.hh"

namespace lichen::spec {
namespace {

using Strings = std::vector<std::string>;

std::optional<std::string> host(std::string_view name) {
  if (name == "HOME") return "/home/me";
  if (name == "LC_ALL") return "C";
  if (name == "LC_TIME") return "";
  return std::nullopt;
}

const Strings kNames{"HOME", "LC_ALL", "LC_TIME"};

TEST(Env, Option) {
  EXPECT_EQ(parse_env_option("A=b=c", host), Strings{"A=b=c"});
  EXPECT_EQ(parse_env_option("A=", host), Strings{"A="});
  EXPECT_EQ(parse_env_option("HOME", host), Strings{"HOME=/home/me"});
  EXPECT_EQ(parse_env_option("UNSET", host), Strings{});
  EXPECT_EQ(parse_env_option("LC_*", host, kNames), (Strings{"LC_ALL=C", "LC_TIME="}));
  expect_error(ErrorKind::usage, "the name is empty", [] { parse_env_option("=x", host); });
  expect_error(ErrorKind::usage, "the name is empty", [] { parse_env_option("", host); });
  EXPECT_THROW(parse_env_option(std::string_view("A=\0", 3), host), Error);
}

TEST(Env, File) {
  const std::string text =
      "\xef\xbb\xbf# comment\r\n"
      "A=1\n"
      "  B= 2 \n"
      "\n"
      "\t# another\n"
      "C=\"quoted\" # kept\n"
      "HOME\n"
      "UNSET\n"
      "D=x=y\r\n"
      "E=";
  EXPECT_EQ(parse_env_file(text, "f", host),
            (Strings{"A=1", "B= 2 ", "C=\"quoted\" # kept", "HOME=/home/me", "D=x=y", "E="}));
  EXPECT_EQ(parse_env_file("", "f", host), Strings{});
}

TEST(Env, FileErrors) {
  expect_error(ErrorKind::invalid, "f:2: no name before '='", [] { parse_env_file("A=1\n=x\n", "f", host); });
  expect_error(ErrorKind::invalid, "f:1: the name 'A B' has blanks", [] { parse_env_file("A B=1\n", "f", host); });
  expect_error(ErrorKind::invalid, "f:1: the name 'A ' has blanks", [] { parse_env_file("A =1\n", "f", host); });
  expect_error(ErrorKind::invalid, "f:3: NUL", [] { parse_env_file(std::string("A=1\n\nB=\0\n", 9), "f", host); });
  for (const char* bad : {"A=\xff", "A=\xc0\x80", "A=\xed\xa0\x80", "A=\xf4\x90\x80\x80", "A=\xe2\x82"})
    expect_error(
        ErrorKind::invalid, "f:1: invalid UTF-8", [&] { parse_env_file(bad, "f", host); }, bad);
  EXPECT_EQ(parse_env_file("A=\xe2\x82\xac\xf0\x9f\x98\x80", "f", host).size(), 1u);
}

TEST(Env, LabelFile) { EXPECT_EQ(parse_label_file("a=1\nb\n#c\n", "f"), (Strings{"a=1", "b="})); }

TEST(Env, Merge) {
  EXPECT_EQ(merge_env(Strings{"A=1", "B=2", "A=3"}, Strings{"C=4", "B=5"}), (Strings{"A=3", "B=5", "C=4"}));
  // What a hostile image may bring: none of it may reach a container or pull in a variable of the host.
  const Strings hostile{"NAME", "NAME*", "*", "=x", "", std::string("N=\0", 3), "OK=1"};
  EXPECT_EQ(merge_env(hostile, {}), Strings{"OK=1"});
  EXPECT_EQ(merge_env({}, hostile), Strings{"OK=1"});
}

TEST(Env, Find) {
  const Strings env{"AB=1", "A=2", "E="};
  EXPECT_EQ(find_env(env, "A"), "2");
  EXPECT_EQ(find_env(env, "E"), "");
  EXPECT_EQ(find_env(env, "B"), std::nullopt);
}

}  // namespace
}  // namespace lichen::spec
