#include "libpod/wire/layer_service.hh"

#include <gmock/gmock.h>

namespace lichen::wire {
namespace {

TEST(LayerService, OrdersComeBackWhole) {
  LayerOrder layer{7, "/root/staging/ab", std::string(64, 'a'), 3, "2026-11-21T00:00:00Z", -5};
  const auto read = layer_order_from_json(to_json(layer));
  EXPECT_EQ(read.number, 7U);
  EXPECT_EQ(read.directory, layer.directory);
  EXPECT_EQ(read.parent, layer.parent);
  EXPECT_EQ(read.parent_number, 3U);
  EXPECT_EQ(read.created, layer.created);
  EXPECT_EQ(read.latest_time, -5);
}

TEST(LayerService, WhatIsNotGivenIsAbsent) {
  const auto layer = layer_order_from_json(to_json(LayerOrder{}));
  EXPECT_FALSE(layer.parent_number);
  EXPECT_FALSE(layer.latest_time);
}

TEST(LayerService, AnswersComeBackWhole) {
  const LayerAnswer layer{2, std::string(64, 'c'), "sha256:x", 1 << 20, 4096, true, std::nullopt};
  const auto read = layer_answer_from_json(to_json(layer));
  EXPECT_EQ(to_json(read), to_json(layer));
  EXPECT_TRUE(read.was_there);
  EXPECT_FALSE(read.error);
}

TEST(LayerService, AFailureKeepsKindMessageAndHint) {
  const auto error = Error(ErrorKind::conflict, "it changed").with_hint("again");
  LayerAnswer answer{9, {}, {}, 0, 0, false, to_service_error(error)};
  const auto read = layer_answer_from_json(to_json(answer));
  ASSERT_TRUE(read.error);
  EXPECT_EQ(read.number, 9U);
  try {
    throw_service_error(*read.error);
  } catch (const Error& caught) {
    EXPECT_EQ(caught.kind(), ErrorKind::conflict);
    EXPECT_STREQ(caught.what(), "it changed");
    EXPECT_EQ(caught.hint(), "again");
  }
}

TEST(LayerService, TheEndOfTheServiceIsThrown) {
  const auto json = Json{{"error", {{"kind", "usage"}, {"message", "no root"}, {"hint", ""}}}};
  EXPECT_THROW(
      {
        try {
          layer_answer_from_json(json);
        } catch (const Error& error) {
          EXPECT_EQ(error.kind(), ErrorKind::usage);
          EXPECT_STREQ(error.what(), "no root");
          throw;
        }
      },
      Error);
  EXPECT_THROW(layer_order_from_json(Json{{"images", 1}}), Error);
}

}  // namespace
}  // namespace lichen::wire
