#include "libpod/engine/detach_keys.hh"

#include <gtest/gtest.h>

namespace lichen::engine {
namespace {

TEST(DetachKeys, DetachesInOneReadOrMany) {
  DetachKeys whole("\x10\x11");
  const auto result = whole.feed("abc\x10\x11never");
  EXPECT_TRUE(result.detached);
  EXPECT_EQ(result.pass, "abc");

  DetachKeys split("\x10\x11");
  EXPECT_EQ(split.feed("x\x10").pass, "x");
  EXPECT_TRUE(split.feed("\x11").detached);
}

TEST(DetachKeys, PassesOnWhatWasNotTheSequence) {
  DetachKeys keys("\x10\x11");
  EXPECT_EQ(keys.feed("\x10").pass, "") << "held back";
  EXPECT_EQ(keys.feed("a").pass,
            "\x10"
            "a");
  EXPECT_EQ(keys.feed("\x10").pass, "");
  EXPECT_EQ(keys.feed("\x10").pass, "\x10") << "the second may begin the sequence";
  EXPECT_TRUE(keys.feed("\x11").detached);
}

TEST(DetachKeys, FindsASequenceThatOverlapsItself) {
  DetachKeys keys("aab");
  const auto result = keys.feed("aaab");
  EXPECT_TRUE(result.detached);
  EXPECT_EQ(result.pass, "a");
}

TEST(DetachKeys, NoneMeansNone) {
  DetachKeys keys("");
  EXPECT_EQ(keys.feed("\x10\x11").pass, "\x10\x11");
}

TEST(DetachKeys, TheEndGivesBackWhatWasHeld) {
  DetachKeys keys("ab");
  keys.feed("a");
  EXPECT_EQ(keys.finish(), "a");
  EXPECT_EQ(keys.finish(), "");
}

}  // namespace
}  // namespace lichen::engine
