#include "libpod/engine/record_scan.hh"

#include <gtest/gtest.h>

namespace lichen::engine {
namespace {

Json pick(std::string_view text, std::vector<std::string_view> keys) { return pick_members(text, "record", keys); }

TEST(RecordScan, TakesOnlyWhatIsAskedFor) {
  const auto json = pick(R"({"a": 1, "env": ["x]y}", "q\"\\"], "b": {"c": [1, {"d": "}"}]}, "z": null})", {"a", "b"});
  EXPECT_EQ(json.dump(), R"({"a":1,"b":{"c":[1,{"d":"}"}]}})");
}

TEST(RecordScan, StringsThatEndInBackslashes) {
  const auto json = pick(R"({"skip": "c:\\", "take": "a\\\"b"})", {"take"});
  EXPECT_EQ(json["take"].get<std::string>(), "a\\\"b");
}

TEST(RecordScan, EmptyObject) { EXPECT_TRUE(pick(" { } ", {"a"}).empty()); }

TEST(RecordScan, EveryPrefixOfARecordIsDamaged) {
  const std::string text = R"({"a": "x", "b": [1, {"c": "d"}], "e": true})";
  ASSERT_NO_THROW(pick(text, {"a"}));
  for (std::size_t length = 0; length < text.size(); ++length)
    EXPECT_THROW(pick(std::string_view(text).substr(0, length), {"nothing"}), Error) << length;
}

TEST(RecordScan, RestAfterTheObjectIsDamage) {
  EXPECT_THROW(pick("{} x", {}), Error);
  EXPECT_THROW(pick("[]", {}), Error);
  EXPECT_THROW(pick(std::string_view("{}\0", 3), {}), Error);
  EXPECT_THROW(pick(std::string(100, '\0'), {}), Error);
}

TEST(RecordScan, DamageInAWantedValueIsFound) { EXPECT_THROW(pick(R"({"a": [1 2]})", {"a"}), Error); }

}  // namespace
}  // namespace lichen::engine
