#include "libpod/spec/secrets.hh"

#include <gtest/gtest.h>

#include "tests/unit/spec/expect_error.hh"

namespace lichen::spec {
namespace {

std::string text(const SecretConfig& s) {
  return format("{} {} {} {}:{} {:o}", s.name, s.as_env ? "env" : "mount", s.target, s.uid, s.gid, s.mode);
}

TEST(Secrets, Option) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"key", "key mount /run/secrets/key 0:0 444"},
      {"key,type=mount,uid=5,gid=6,mode=0400", "key mount /run/secrets/key 5:6 400"},
      {"source=key,target=a/b", "key mount /run/secrets/a/b 0:0 444"},
      {"key,target=/etc//app/./key", "key mount /etc/app/key 0:0 444"},
      {"key,type=env", "key env key 0:0 444"},
      {"type=env,source=key,target=API_KEY", "key env API_KEY 0:0 444"},
      {"\"key\",\"target=with,comma\"", "key mount /run/secrets/with,comma 0:0 444"},
  };
  for (const auto& [typed, expected] : rows) {
    SCOPED_TRACE(typed);
    try {
      EXPECT_EQ(text(parse_secret_option(typed)), expected);
    } catch (const Error& error) {
      ADD_FAILURE() << error.what();
    }
  }
}

TEST(Secrets, OptionErrors) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", "no name of a secret"},
      {"a/b", "no name of a secret"},
      {"type=env", "no name of a secret"},
      {"key,other", "'other' is no option"},
      {"key,type=file", "no type 'file'"},
      {"key,mode=9", "no file mode"},
      {"key,mode=7777", "no file mode"},
      {"key,uid=me", "no id"},
      {"key,gid=4294967295", "no id"},
      {"key,target=../x", "'..'"},
      {"key,target=/", "is a directory"},
      {"key,target=/run/secrets", "is a directory"},
      {"key,type=env,mode=0400", "mode is for a file"},
      {"key,type=env,target=A=B", "no name of a variable"},
      {"key,taget=x", "unknown option 'taget'"},
      {"\"key", "a quote is not closed"},
  };
  for (const auto& [typed, expected] : rows) {
    const std::string& words = typed;
    expect_error(
        ErrorKind::usage, expected, [&] { parse_secret_option(words); }, words);
  }
}

}  // namespace
}  // namespace lichen::spec
