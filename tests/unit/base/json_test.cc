#include "libpod/base/json.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/spec/expect_error.hh"

namespace lichen {
namespace {

using spec::expect_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(ParseJson, KeepsTheOrderOfKeys) {
  EXPECT_EQ(dump_json(parse_json(R"({"b":1,"a":{"z":2,"y":3}})", "x")), R"({"b":1,"a":{"z":2,"y":3}})");
}

TEST(ParseJson, NotJsonNamesTheDocumentAndShowsNoneOfIt) {
  for (const char* text :
       {"", "{", "[1,]", "{\"secret\" 1}", "nul", "{} x", "\"a", "'a'", "\xff", "\"\xff\"", "[1 2]", "NaN", "01"})
    expect_error(
        ErrorKind::invalid, "config.json: not valid JSON", [&] { parse_json(text, "config.json"); }, text);
  try {
    parse_json("{\"secret\": hidden}", "x");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), Not(HasSubstr("hidden")));
  }
}

TEST(ParseJson, SizeLimit) {
  const std::string text = "[" + std::string(98, ' ') + "]";
  EXPECT_NO_THROW(parse_json(text, "x", {.max_bytes = 100}));
  expect_error(ErrorKind::invalid, "x: 100 bytes of JSON, more than the 99 allowed",
               [&] { parse_json(text, "x", {.max_bytes = 99}); });
}

TEST(ParseJson, DepthLimit) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_NO_THROW(parse_json(nested(64), "x"));
  expect_error(ErrorKind::invalid, "x: nested deeper than 64 levels", [&] { parse_json(nested(66), "x"); });
  expect_error(ErrorKind::invalid, "nested deeper", [&] { parse_json(std::string(1 << 20, '['), "x"); });
  std::string objects;
  for (int i = 0; i < 70; ++i) objects += "{\"a\":";
  expect_error(ErrorKind::invalid, "nested deeper", [&] { parse_json(objects, "x"); });
}

TEST(ParseJson, DuplicateKeys) {
  const JsonLimits strict{.allow_duplicate_keys = false};
  EXPECT_NO_THROW(parse_json(R"({"a":1,"a":2})", "x"));
  expect_error(ErrorKind::invalid, "x: a key appears twice in one object",
               [&] { parse_json(R"({"a":1,"a":2})", "x", strict); });
  expect_error(ErrorKind::invalid, "appears twice",
               [&] { parse_json(R"([{"b":{"a":1,"c":{},"a":2}}])", "x", strict); });
  expect_error(
      ErrorKind::invalid, "appears twice", [&] { parse_json(R"({"a":1,"\u0061":2})", "x", strict); },
      "the same key, escaped");
  EXPECT_NO_THROW(parse_json(R"({"a":{"a":1},"b":[{"a":1},{"a":2}]})", "x", strict));
}

TEST(JsonViewTest, PathsInErrors) {
  const Json json = parse_json(R"({"process":{"args":["a",1],"env":{"A":1}},"list":{"x":1}})", "x");
  const JsonView in(json, "config.json:");
  expect_error(ErrorKind::invalid, "config.json: process.args[1] must be a string",
               [&] { in.at("process").get_strings("args"); });
  expect_error(ErrorKind::invalid, "config.json: process.env.A must be a string",
               [&] { in.at("process").at("env").as_string_map(); });
  expect_error(ErrorKind::invalid, "config.json: list must be a list", [&] { in.at("list").as_array(); });
  expect_error(ErrorKind::invalid, "config.json: process.args must be an object",
               [&] { in.at("process").at("args").at("x"); });
  expect_error(ErrorKind::invalid, "config.json: process must be true or false", [&] { in.get_bool("process"); });
}

TEST(JsonViewTest, AbsentAndNullAreTheSame) {
  const Json json = parse_json(R"({"n":null})", "x");
  const JsonView in(json, "x");
  for (const char* key : {"n", "none"}) {
    EXPECT_TRUE(in.at(key).is_null());
    EXPECT_FALSE(in.has(key));
    EXPECT_EQ(in.get_string(key, "d"), "d");
    EXPECT_EQ(in.get_int(key, 7), 7);
    EXPECT_TRUE(in.get_bool(key, true));
    EXPECT_THAT(in.get_strings(key), IsEmpty());
    EXPECT_THAT(in.at(key).as_string_map(), IsEmpty());
    EXPECT_EQ(in.find_int(key), std::nullopt);
    EXPECT_EQ(in.find_string(key), std::nullopt);
    EXPECT_TRUE(in.at(key).at("deeper").at("still").is_null());
  }
  expect_error(ErrorKind::invalid, "x.n must be a string", [&] { in.at("n").as_string(); });
}

TEST(JsonViewTest, NumbersAreWhatTheySay) {
  const Json json = parse_json(
      R"({"big":18446744073709551615,"neg":-1,"frac":1.5,"max":9223372036854775807,"huge":1e30,"text":"1","whole":2.0})",
      "x");
  const JsonView in(json, "x");
  EXPECT_EQ(in.at("max").as_int(), INT64_MAX);
  EXPECT_EQ(in.at("big").as_uint(), UINT64_MAX);
  EXPECT_EQ(in.at("neg").as_int(), -1);
  EXPECT_EQ(in.at("frac").as_double(), 1.5);
  expect_error(ErrorKind::invalid, "x.big must be a number below 2^63", [&] { in.get_int("big"); });
  expect_error(ErrorKind::invalid, "x.neg must be a whole number of at least 0", [&] { in.at("neg").as_uint(); });
  for (const char* key : {"frac", "huge", "text"})
    expect_error(
        ErrorKind::invalid, "must be a whole number", [&] { in.find_int(key); }, key);
}

TEST(DumpJson, InvalidUtf8BecomesTheReplacementCharacter) {
  const Json json{{"a", "x\xff"}};
  EXPECT_EQ(dump_json(json), "{\"a\":\"x\xEF\xBF\xBD\"}");
  EXPECT_EQ(dump_json_pretty(json), "{\n  \"a\": \"x\xEF\xBF\xBD\"\n}\n");
}

}  // namespace
}  // namespace lichen
