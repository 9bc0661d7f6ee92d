#include "libpod/spec/user_spec.hh"

#include <chrono>

#include "tests/unit/spec/expect_error.hh"

namespace lichen::spec {
namespace {

using Ids = std::vector<std::uint32_t>;

constexpr std::string_view kPasswd =
    "root:x:0:0:root:/root:/bin/sh\n"
    "# comment\n"
    "+nis::::::\n"
    "broken:x:abc:0::/:\n"
    "wrap:x:4294967296:0::/:\n"
    "big:x:2147483648:0::/:\n"
    "nogid:x:5::::\n"
    "www:x:33:33:Web:/var/www:/usr/sbin/nologin\n"
    "123:x:1000:1000::/home/num:/bin/sh\n"
    "evil:x:66:66::/home/\x01x:/bin/sh\n"
    "last:x:77:78::/home/last:/bin/bash";

constexpr std::string_view kGroup =
    "root:x:0:root\n"
    "www:x:33:\n"
    "adm:x:4:www, last\n"
    "dup:x:4:www\n"
    "broken:x:abc:www\n"
    "456:x:2000:\n"
    "video:x:44:root,www\n";

struct Row {
  const char* spec;
  std::uint32_t uid, gid;
  Ids groups;
  const char* home;
};

TEST(User, Resolve) {
  const Row rows[] = {
      {"", 0, 0, {0, 44}, "/root"},
      {"root", 0, 0, {0, 44}, "/root"},
      {"0", 0, 0, {0, 44}, "/root"},
      {"00", 0, 0, {0, 44}, "/root"},
      {"www", 33, 33, {33, 4, 44}, "/var/www"},
      {"33", 33, 33, {33, 4, 44}, "/var/www"},
      {"+33", 33, 33, {33, 4, 44}, "/var/www"},
      {"www:", 33, 33, {33, 4, 44}, "/var/www"},
      {"www:root", 33, 0, {0}, "/var/www"},
      {"www:44", 33, 44, {44}, "/var/www"},
      {"www:9999", 33, 9999, {9999}, "/var/www"},
      {":44", 0, 44, {44}, "/root"},
      {":video", 0, 44, {44}, "/root"},
      {"1", 1, 0, {0}, "/"},
      {"01", 1, 0, {0}, "/"},
      {"1:1", 1, 1, {1}, "/"},
      {"123", 123, 0, {0}, "/"},  // a number is an id, whatever users are called
      {"www:456", 33, 456, {456}, "/var/www"},
      {"1000", 1000, 1000, {1000}, "/home/num"},
      {"2147483647", 2147483647, 0, {0}, "/"},
      {"evil", 66, 66, {66}, "/"},
      {"last", 77, 78, {78, 4}, "/home/last"},
      {"5", 5, 0, {0}, "/"},  // the line without a gid is no entry
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.spec);
    const ResolvedUser user = resolve_user(parse_user_spec(row.spec), kPasswd, kGroup);
    EXPECT_EQ(user.uid, row.uid);
    EXPECT_EQ(user.gid, row.gid);
    EXPECT_EQ(user.additional_gids, row.groups);
    EXPECT_EQ(user.home, row.home);
  }
}

TEST(User, SpecErrors) {
  const std::pair<std::string, const char*> rows[] = {
      {"1:1:1", "more than one ':'"},
      {"-1", "id -1 is not between"},
      {"1:-1", "id -1 is not between"},
      {"2147483648", "is not between 0 and 2147483647"},
      {"4294967295", "is not between"},
      {"4294967296", "is not between"},
      {"18446744073709551616", "is not between"},
      {"1:4294967296", "is not between"},
      {"root ", "blanks around"},
      {" root", "blanks around"},
      {"1: 1", "blanks around"},
      {"ro\not", "control characters"},
      {"root\r", "control characters"},
      {std::string("root\0", 5), "control characters"},
      {std::string(4096, 'a'), "longer than"},
  };
  for (const auto& [text, expected] : rows)
    expect_error(
        ErrorKind::usage, expected, [&, t = text] { parse_user_spec(t); }, text);
}

TEST(User, Unknown) {
  for (const char* spec : {"nobody", "0x0", "1e3", "٣", "broken", "wrap", "big", "nis", "+nis", "#", "1.0"})
    expect_error(
        ErrorKind::not_found, "no such user", [&] { resolve_user(parse_user_spec(spec), kPasswd, kGroup); }, spec);
  for (const char* spec : {"root:nogroup", "root:broken", "1:0x0"})
    expect_error(
        ErrorKind::not_found, "no such group", [&] { resolve_user(parse_user_spec(spec), kPasswd, kGroup); }, spec);
  expect_error(ErrorKind::not_found, "no such user", [] { resolve_user(parse_user_spec("root"), "", ""); });
  EXPECT_EQ(resolve_user({}, "", "").additional_gids, Ids{0});
}

TEST(User, GroupAdd) {
  const std::vector<std::string> add{"video", "100", "video", "keep-groups"};
  EXPECT_EQ(resolve_user(parse_user_spec("1:1"), kPasswd, kGroup, add).additional_gids, (Ids{1, 44, 100}));
  const std::vector<std::string> unknown{"nogroup"};
  expect_error(ErrorKind::not_found, "--group-add 'nogroup'", [&] { resolve_user({}, kPasswd, kGroup, unknown); });
  const std::vector<std::string> too_large{"4294967296"};
  expect_error(ErrorKind::usage, "is not between", [&] { resolve_user({}, kPasswd, kGroup, too_large); });
}

// C14: what an image may contain must cost neither time nor memory.
TEST(User, HostileFiles) {
  std::string members = "g:x:9:";
  for (int i = 0; i < 1'000'000; ++i) members += "u,";
  members += "www\n";
  std::string many = members;
  for (int i = 10; i < 70'000; ++i) many += "g:x:" + std::to_string(i) + ":www\n";
  const auto start = std::chrono::steady_clock::now();
  const ResolvedUser user = resolve_user(parse_user_spec("www"), kPasswd, many);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  EXPECT_EQ(user.additional_gids[1], 9u);
  EXPECT_EQ(user.additional_gids.size(), 65536u);
  const std::string zeros(1 << 20, '\0');
  EXPECT_EQ(resolve_user(parse_user_spec("7"), zeros, zeros).uid, 7u);
}

}  // namespace
}  // namespace lichen::spec
