#include "libpod/store/registries_conf.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/base/error.hh"
#include "libpod/sys/fs.hh"

namespace lichen::store {
namespace {

using ::testing::HasSubstr;

RegistriesConf read_text(const std::string& text) {
  char pattern[] = "/tmp/lichen-registries-XXXXXX";
  const std::string folder = ::mkdtemp(pattern);
  sys::write_file(folder + "/registries.conf", text);
  try {
    auto conf = RegistriesConf::load({folder + "/registries.conf", "", ""});
    sys::remove_tree(folder);
    return conf;
  } catch (...) {
    sys::remove_tree(folder);
    throw;
  }
}

TEST(RegistriesConf, SearchesDockerHubByDefault) {
  const auto found = read_text("").candidates(spec::parse_reference("debian"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].str(), "docker.io/library/debian:latest");
}

TEST(RegistriesConf, AliasesComeBeforeSearching) {
  const auto conf = read_text("unqualified-search-registries=['a.test']\n[aliases]\n'web'='quay.io/team/web'\n");
  EXPECT_EQ(conf.candidates(spec::parse_reference("web:2"))[0].str(), "quay.io/team/web:2");
  EXPECT_EQ(conf.candidates(spec::parse_reference("other"))[0].str(), "a.test/other:latest");
}

TEST(RegistriesConf, SeveralSearchRegistriesNeedPermission) {
  EXPECT_THROW(read_text("unqualified-search-registries=['a.test','b.test']").candidates(spec::parse_reference("x")),
               Error);
  EXPECT_EQ(read_text("unqualified-search-registries=['a.test','b.test']\nshort-name-mode='permissive'")
                .candidates(spec::parse_reference("x"))
                .size(),
            2u);
}

TEST(RegistriesConf, LongestPrefixMirrorsAndRewriting) {
  const auto conf = read_text(R"(
[[registry]]
prefix = "docker.io"
location = "mirror.test/hub"
[[registry.mirror]]
location = "first.test:5000/cache"
insecure = true
[[registry.mirror]]
location = "digests.test"
pull-from-mirror = "digest-only"
[[registry]]
prefix = "docker.io/secret"
blocked = true
[[registry]]
prefix = "*.wild.test"
insecure = true
)");
  const auto ends = conf.endpoints(spec::parse_full_reference("debian"));
  ASSERT_EQ(ends.size(), 2u);
  EXPECT_EQ(ends[0].host, "first.test:5000");
  EXPECT_EQ(ends[0].repository, "cache/library/debian");
  EXPECT_TRUE(ends[0].insecure);
  EXPECT_EQ(ends[1].host, "mirror.test");
  EXPECT_EQ(ends[1].repository, "hub/library/debian");
  EXPECT_EQ(conf.endpoints(spec::parse_full_reference("debian@sha256:" + std::string(64, 'a'))).size(), 3u);
  EXPECT_THROW(conf.endpoints(spec::parse_full_reference("secret/x")), Error);
  EXPECT_TRUE(conf.endpoints(spec::parse_full_reference("a.wild.test/x"))[0].insecure);
  EXPECT_FALSE(conf.endpoints(spec::parse_full_reference("wild.test/x"))[0].insecure);
  EXPECT_EQ(conf.endpoints(spec::parse_full_reference("docker.io.evil.test/x"))[0].host, "docker.io.evil.test");
}

TEST(RegistriesConf, NamesFileAndLine) {
  try {
    read_text("\n[[registry]]\nlocation = 5\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("line 3"));
  }
  EXPECT_THROW(read_text("[registries.search]\nregistries=['x']"), Error);
}

}  // namespace
}  // namespace lichen::store
