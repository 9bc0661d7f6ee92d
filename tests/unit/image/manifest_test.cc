#include "libpod/image/manifest.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/base/error.hh"
#include "libpod/image/auth_challenge.hh"
#include "libpod/image/hash.hh"

namespace lichen::image {
namespace {

TEST(Platform, ParsesAsDockerDoes) {
  EXPECT_EQ(parse_platform("linux/arm64").str(), "linux/arm64/v8");
  EXPECT_EQ(parse_platform("aarch64").architecture, "arm64");
  EXPECT_EQ(parse_platform("linux/arm/7").variant, "v7");
  EXPECT_EQ(parse_platform("x86_64").str(), "linux/amd64");
  for (const char* bad : {"", "a/b/c/d", "linux/", "nonsense", "beos/amd64", "linux/a m"})
    EXPECT_THROW(parse_platform(bad), Error) << bad;
}

TEST(Platform, ChoosesTheBest) {
  const auto want = parse_platform("linux/arm/v7");
  EXPECT_GT(platform_match(want, {"linux", "arm", "v7"}), platform_match(want, {"linux", "arm", "v6"}));
  EXPECT_EQ(platform_match(want, {"linux", "arm", "v8"}), 0);
  EXPECT_EQ(platform_match(want, {"linux", "arm64", ""}), 0);
  EXPECT_GT(platform_match(parse_platform("linux/arm64"), {"linux", "arm64", "v8"}), 0);
  EXPECT_EQ(platform_match(parse_platform("linux/amd64"), {"windows", "amd64", ""}), 0);
  EXPECT_EQ(platform_match(parse_platform("linux/amd64"), {"linux", "amd64", "v3"}), 0);
}

TEST(AuthChallenge, C30_ReadsSeveralWithQuotes) {
  const auto found = parse_challenges(
      R"(Basic realm="a, b", Bearer realm="https://x/token",service="s\"q",scope="repository:a:pull")");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].scheme, "basic");
  EXPECT_EQ(found[0].parameter("realm"), "a, b");
  EXPECT_EQ(found[1].parameter("service"), "s\"q");
  EXPECT_EQ(found[1].parameter("realm"), "https://x/token");
  EXPECT_TRUE(parse_challenges("Bearer realm=\"unclosed").empty());
  EXPECT_TRUE(parse_challenges("").empty());
  EXPECT_EQ(parse_challenges("Negotiate, Basic realm=x").size(), 2u);
}

bool may(const char* registry, const char* realm) {
  return may_send_credentials(url_origin(registry), url_origin(realm));
}

TEST(Credentials, C30_GoOnlyWhereTheyBelong) {
  EXPECT_TRUE(may("https://registry-1.docker.io/", "https://auth.docker.io/token"));
  EXPECT_TRUE(may("https://registry.gitlab.com/", "https://gitlab.com/jwt/auth"));
  EXPECT_TRUE(may("https://quay.io/", "https://quay.io/v2/auth"));
  EXPECT_TRUE(may("http://127.0.0.1:5000/", "http://127.0.0.1:5000/token"));
  EXPECT_FALSE(may("https://registry-1.docker.io/", "https://auth.docker.io.evil.test/token"));
  EXPECT_FALSE(may("https://registry-1.docker.io/", "https://evildocker.io/token"));
  EXPECT_FALSE(may("https://registry-1.docker.io/", "http://auth.docker.io/token"));
  EXPECT_FALSE(may("http://127.0.0.1:5000/", "http://127.0.0.1:5001/token"));
  EXPECT_FALSE(may("http://127.0.0.1:5000/", "http://localhost:5000/token"));
  EXPECT_FALSE(may("https://127.0.0.1/", "https://2.0.0.1/token"));
  EXPECT_FALSE(may("https://quay.io/", "https://evil.io/token"));
  EXPECT_FALSE(may("https://shop.co.uk/", "https://evil.co.uk/token"));
  EXPECT_FALSE(may("https://a.test:5000/", "https://a.test:6000/token"));
  EXPECT_THROW(url_origin("https://user:password@host/"), Error);
  EXPECT_THROW(url_origin("file:///etc/passwd"), Error);
}

TEST(Redirects, AreResolvedAgainstTheRequest) {
  EXPECT_EQ(resolve_url("https://a.test/v2/x/blobs/y", "/z?q=1"), "https://a.test/z?q=1");
  EXPECT_EQ(url_origin(resolve_url("https://a.test/v2/", "//b.test/c")).host, "b.test");
}

TEST(Hash, ChainIds) {
  const auto a = sha256("a"), b = sha256("b");
  EXPECT_EQ(chain_id("", a), a.hex());
  EXPECT_EQ(chain_id(a.hex(), b), sha256(a.str() + " " + b.str()).hex());
}

TEST(Manifest, C29_RefusesTwoMeanings) {
  const std::string descriptor = R"({"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:)" +
                                 std::string(64, 'a') + R"(","size":1})";
  const std::string good = R"({"schemaVersion":2,"config":)" + descriptor + R"(,"layers":[]})";
  EXPECT_EQ(parse_manifest(good, "m").config.size, 1u);
  EXPECT_EQ(document_kind(good, kOciManifest, "m"), DocumentKind::manifest);
  EXPECT_THROW(document_kind(good, kOciIndex, "m"), Error);
  EXPECT_THROW(parse_index(good, "m"), Error);
  EXPECT_THROW(parse_manifest(R"({"schemaVersion":2,"layers":[],"manifests":[],"config":)" + descriptor + "}", "m"),
               Error);
  EXPECT_THROW(parse_manifest(R"({"schemaVersion":2,"layers":[],"layers":[],"config":)" + descriptor + "}", "m"),
               Error);
  EXPECT_THROW(
      parse_manifest(R"({"schemaVersion":2,"layers":[{"mediaType":"x","digest":"sha256:x","size":1}],"config":)" +
                         descriptor + "}",
                     "m"),
      Error);
}

}  // namespace
}  // namespace lichen::image
