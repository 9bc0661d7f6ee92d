#include "buildah/cache_steps.hh"

#include <gtest/gtest.h>

#include "libpod/base/error.hh"
#include "libpod/base/sha256.hh"

namespace lichen::buildah {
namespace {

const std::string kFirst(64, 'a'), kSecond(64, 'b'), kKey(64, '1');

std::string config_with(const Json& cache) {
  return dump_json({{"architecture", "amd64"},
                    {"os", "linux"},
                    {"config", Json::object()},
                    {"rootfs", {{"type", "layers"}, {"diff_ids", {"sha256:" + kFirst, "sha256:" + kSecond}}}},
                    {kCacheMember, cache}});
}

TEST(CacheSteps, GoRound) {
  const auto image = cached_image_from_config(config_with(to_json({{kKey, 2}, {kFirst, 0}})));
  ASSERT_EQ(image.steps.size(), 2u);
  EXPECT_EQ(image.steps[0].key, kKey);
  EXPECT_EQ(image.steps[0].layers, 2u);
  EXPECT_EQ(image.steps[1].layers, 0u);
}

// image-spec config.md: the lowest layer's is its diff id, the next one's that of both.
TEST(CacheSteps, ChainIds) {
  const auto image = cached_image_from_config(config_with(Json()));
  ASSERT_EQ(image.chain_ids.size(), 2u);
  EXPECT_EQ(image.chain_ids[0], kFirst);
  EXPECT_EQ(image.chain_ids[1], sha256_hex("sha256:" + kFirst + " sha256:" + kSecond));
}

TEST(CacheSteps, WhatDoesNotFitIsPassedOver) {
  const auto steps_of = [](const Json& steps, int version = 1) {
    return cached_image_from_config(config_with({{"version", version}, {"steps", steps}})).steps.size();
  };
  EXPECT_EQ(steps_of({{{"key", kKey}, {"layers", 2}}}), 1u);
  EXPECT_EQ(steps_of({{{"key", kKey}, {"layers", 3}}}), 0u) << "more layers than there are";
  EXPECT_EQ(steps_of({{{"key", kKey}, {"layers", -1}}}), 0u);
  EXPECT_EQ(steps_of({{{"key", "../" + kKey.substr(3)}, {"layers", 1}}}), 0u) << "a key becomes a file name";
  EXPECT_EQ(steps_of({{{"key", kKey}, {"layers", 2}}}, 2), 0u) << "another version";
  EXPECT_EQ(cached_image_from_config(config_with(Json())).steps.size(), 0u);
}

TEST(CacheSteps, WhatIsNoConfigurationIsAnError) {
  EXPECT_THROW(cached_image_from_config("{"), Error);
  EXPECT_THROW(cached_image_from_config("[]"), Error);
  EXPECT_THROW(cached_image_from_config(config_with("text")), Error);
  EXPECT_THROW(cached_image_from_config(config_with({{"version", 1}, {"steps", "text"}})), Error);
  EXPECT_THROW(cached_image_from_config(config_with({{"version", 1}, {"steps", {{{"key", 1}}}}})), Error);
}

}  // namespace
}  // namespace lichen::buildah
