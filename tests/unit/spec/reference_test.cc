#include "libpod/spec/reference.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/base/error.hh"

namespace lichen::spec {
namespace {

using ::testing::HasSubstr;

const std::string kHex(64, 'a');

TEST(Reference, ReadsEveryPart) {
  const auto r = parse_reference("localhost:5000/team/app:v1.2@sha256:" + kHex);
  EXPECT_EQ(r.host, "localhost:5000");
  EXPECT_EQ(r.repository, "team/app");
  EXPECT_EQ(r.tag, "v1.2");
  EXPECT_EQ(r.digest.hex(), kHex);
}

TEST(Reference, TellsHostFromRepositoryAsDockerDoes) {
  EXPECT_EQ(parse_reference("team/app").host, "");
  EXPECT_EQ(parse_reference("localhost/app").host, "localhost");
  EXPECT_EQ(parse_reference("example.com/app").host, "example.com");
  EXPECT_EQ(parse_reference("[::1]:5000/app").host, "[::1]:5000");
  EXPECT_EQ(parse_reference("app:5000").tag, "5000");
  EXPECT_EQ(parse_reference("host:5000/app").host, "host:5000");
}

TEST(Reference, AddsDefaults) {
  EXPECT_EQ(parse_full_reference("debian").str(), "docker.io/library/debian:latest");
  EXPECT_EQ(parse_full_reference("team/app:1").str(), "docker.io/team/app:1");
  EXPECT_EQ(parse_full_reference("index.docker.io/debian").str(), "docker.io/library/debian:latest");
  EXPECT_EQ(parse_full_reference("quay.io/debian").str(), "quay.io/debian:latest");
  EXPECT_EQ(parse_full_reference("debian@sha256:" + kHex).tag, "");
  EXPECT_EQ(familiar_name(parse_full_reference("debian")), "debian:latest");
  EXPECT_EQ(familiar_name(parse_full_reference("quay.io/x/y:1")), "quay.io/x/y:1");
}

struct Bad {
  std::string text, why;
};

class Refused : public ::testing::TestWithParam<Bad> {};

TEST_P(Refused, SaysWhatIsWrong) {
  try {
    parse_reference(GetParam().text);
    FAIL() << "accepted '" << GetParam().text << "'";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid);
    EXPECT_THAT(std::string(error.what()) + " " + error.hint(), HasSubstr(GetParam().why));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Names, Refused,
    ::testing::Values(Bad{"", "empty"}, Bad{"Debian", "try 'debian'"}, Bad{"a//b", "between two slashes"},
                      Bad{"a/", "between two slashes"}, Bad{"/a", "between two slashes"}, Bad{"a:", "not a tag"},
                      Bad{"a:.x", "not a tag"}, Bad{"a:b:c", "letters and digits"}, Bad{"https://a.b/c", "URL"},
                      Bad{"a@sha256:abc", "not a digest"}, Bad{"a@md5:" + std::string(32, 'a'), "not a digest"},
                      Bad{"a@sha256:" + std::string(64, 'A'), "not a digest"}, Bad{"a___b", "joined by"},
                      Bad{"a..b", "joined by"}, Bad{"-a", "joined by"}, Bad{"../etc", "not a host"},
                      Bad{"a/../b", "joined by"}, Bad{"host:0/a", "not a host"}, Bad{"host:99999/a", "not a host"},
                      Bad{"[zz]:1/a", "not a host"}, Bad{std::string(64, 'a'), "an id"},
                      Bad{std::string(300, 'a'), "longer"}, Bad{"a b", "joined by"},
                      Bad{std::string("a\0b", 3), "joined by"}));

TEST(Reference, AcceptedNamesPrintAsTheyWere) {
  for (const char* text : {"a", "a:1", "a.b/c", "localhost:5000/x/y_z:T", "[::1]/a:b", "a__b/c--d", "EXAMPLE/a"})
    EXPECT_EQ(parse_reference(text).str(), text);
}

}  // namespace
}  // namespace lichen::spec
