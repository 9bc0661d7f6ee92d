// Numbers, sizes, durations, times. Expected values are Go's and docker's (strconv, time.ParseDuration, go-units).
#include "libpod/base/parse.hh"

#include <climits>

#include <gtest/gtest.h>

#include "libpod/base/time.hh"

namespace lichen {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

TEST(ParseNumbers, WholeWordsOnly) {
  EXPECT_EQ(parse_uint("0"), 0U);
  EXPECT_EQ(parse_uint("007"), 7U);
  EXPECT_EQ(parse_uint("18446744073709551615"), UINT64_MAX);
  for (const char* text : {"", "18446744073709551616", "99999999999999999999999", "-1", "+1", " 1", "1 ", "1x", "x",
                           "0x1", "1.0", "1e3", "\xD9\xA1"})
    EXPECT_EQ(parse_uint(text), std::nullopt) << text;
  EXPECT_EQ(parse_int("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(parse_int("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(parse_int("-0"), 0);
  for (const char* text : {"", "-", "--1", "-9223372036854775809", "9223372036854775808", "+1", "- 1", "1-"})
    EXPECT_EQ(parse_int(text), std::nullopt) << text;
}

TEST(ParseNumbers, OctalAndBool) {
  EXPECT_EQ(parse_octal("755"), 0755U);
  EXPECT_EQ(parse_octal("0644"), 0644U);
  EXPECT_EQ(parse_octal("0o17"), 017U);
  for (const char* text : {"", "8", "0o", "0o0o1", "-7", "0x7", "7 ", "777777777777"})
    EXPECT_EQ(parse_octal(text), std::nullopt) << text;
  for (const char* text : {"1", "t", "T", "TRUE", "true", "True"}) EXPECT_EQ(parse_bool(text), true) << text;
  for (const char* text : {"0", "f", "F", "FALSE", "false", "False"}) EXPECT_EQ(parse_bool(text), false) << text;
  for (const char* text : {"", "yes", "no", "on", "tRUE", "2", " true"})
    EXPECT_EQ(parse_bool(text), std::nullopt) << text;
}

TEST(ParseSize, DockersForms) {
  const std::pair<const char*, std::int64_t> cases[] = {{"0", 0},
                                                        {"64", 64},
                                                        {"64b", 64},
                                                        {"64B", 64},
                                                        {"512k", 512 << 10},
                                                        {"512kb", 512 << 10},
                                                        {"512KiB", 512 << 10},
                                                        {"1m", 1 << 20},
                                                        {"1.5g", 3LL << 29},
                                                        {"2GiB", 2LL << 30},
                                                        {"1t", 1LL << 40},
                                                        {"1p", 1LL << 50},
                                                        {"32 kb", 32 << 10},
                                                        {".5k", 512},
                                                        {"5.k", 5 << 10},
                                                        {"0.1k", 102},
                                                        {"8191p", 8191LL << 50},
                                                        {"9223372036854775807", INT64_MAX}};
  for (const auto& [text, bytes] : cases) EXPECT_EQ(parse_size(text), bytes) << text;
}

TEST(ParseSize, Refused) {
  for (const char* text : {"",
                           " ",
                           "k",
                           ".",
                           "-1",
                           "-1k",
                           "+1",
                           "1kk",
                           "1kib2",
                           "1x",
                           "1e",
                           "1bb",
                           "1ki",
                           "0x10",
                           "1.2.3k",
                           "1,5g",
                           "9223372036854775808",
                           "8192p",
                           "9999999999999999999999999p",
                           "nan",
                           "inf",
                           "1 k b",
                           "1i",
                           "1ib"})
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
}

TEST(ParseDuration, GosForms) {
  const std::pair<const char*, nanoseconds> cases[] = {{"0", 0ns},
                                                       {"+0", 0ns},
                                                       {"-0", 0ns},
                                                       {"5s", 5s},
                                                       {"300ms", 300ms},
                                                       {"-1.5h", -90min},
                                                       {"2h45m", 165min},
                                                       {"1us", 1us},
                                                       {"1µs", 1us},
                                                       {"1μs", 1us},
                                                       {"1ns", 1ns},
                                                       {"+5s", 5s},
                                                       {".5s", 500ms},
                                                       {"5.s", 5s},
                                                       {"1h1h", 2h},
                                                       {"0.000000001s", 1ns},
                                                       {"0.0000000019s", 1ns},
                                                       {"1m0.5s", 60500ms},
                                                       {"9223372036854775807ns", nanoseconds(INT64_MAX)},
                                                       {"2562047h47m16.854775807s", nanoseconds(INT64_MAX)}};
  for (const auto& [text, span] : cases) EXPECT_EQ(parse_duration(text), span) << text;
}

TEST(ParseDuration, Refused) {
  for (const char* text : {"",
                           "-",
                           "+",
                           "3",
                           "s",
                           ".",
                           ".s",
                           "1",
                           "1x",
                           "1d",
                           "1 s",
                           " 1s",
                           "1s ",
                           "--1s",
                           "1s-1s",
                           "1..2s",
                           "1.2.3s",
                           "1S",
                           "9223372036854775808ns",
                           "2562048h",
                           "99999999999999999999h",
                           "1e3s",
                           "1m3"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(ParseNano, ExactToNineDigits) {
  EXPECT_EQ(parse_nano("0.5"), 500'000'000);
  EXPECT_EQ(parse_nano("2"), 2'000'000'000);
  EXPECT_EQ(parse_nano("0.1"), 100'000'000);
  EXPECT_EQ(parse_nano("1.000000001"), 1'000'000'001);
  EXPECT_EQ(parse_nano("0.0000000001"), 0);
  for (const char* text : {"", ".", "-1", "1.2.3", "x", "9223372037", "1e9"})
    EXPECT_EQ(parse_nano(text), std::nullopt) << text;
}

TEST(Rfc3339, RoundTrip) {
  for (const char* text :
       {"2026-11-21T04:41:07.123456789Z", "1970-01-01T00:00:00.000000000Z", "1969-12-31T23:59:59.999999999Z",
        "2024-02-29T12:00:00.000000001Z", "2261-12-31T00:00:00.000000000Z"}) {
    const auto time = parse_rfc3339(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(to_rfc3339(*time), text);
  }
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), Timestamp());
}

TEST(Rfc3339, ZonesAndFractions) {
  const auto same = parse_rfc3339("2026-01-01T00:00:00Z");
  ASSERT_TRUE(same);
  EXPECT_EQ(parse_rfc3339("2026-01-01T01:00:00+01:00"), same);
  EXPECT_EQ(parse_rfc3339("2025-12-31T18:30:00-05:30"), same);
  EXPECT_EQ(parse_rfc3339("2026-01-01t00:00:00z"), same);
  EXPECT_EQ(parse_rfc3339("2026-01-01T00:00:00.5Z"), *same + 500ms);
  EXPECT_EQ(parse_rfc3339("2026-01-01T00:00:00.0000000019Z"), *same + 1ns);
}

TEST(Rfc3339, Refused) {
  for (const char* text : {"",
                           "2026",
                           "2026-01-01",
                           "2026-01-01T00:00",
                           "2026-01-01T00:00:00",
                           "2026-01-01 00:00:00Z",
                           "2026-13-01T00:00:00Z",
                           "2026-02-30T00:00:00Z",
                           "2025-02-29T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-01-00T00:00:00Z",
                           "2026-01-01T24:00:00Z",
                           "2026-01-01T00:60:00Z",
                           "2026-01-01T00:00:61Z",
                           "2026-01-01T00:00:00.Z",
                           "2026-01-01T00:00:00+1:00",
                           "2026-01-01T00:00:00+24:00",
                           "2026-01-01T00:00:00+01:60",
                           "2026-01-01T00:00:00Zx",
                           "2026-1-1T00:00:00Z",
                           "+026-01-01T00:00:00Z",
                           "9999-01-01T00:00:00Z",
                           "0001-01-01T00:00:00Z"})
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
}

TEST(TimeOrDuration, LenientForms) {
  const Timestamp reference = *parse_rfc3339("2026-06-01T12:00:00Z");
  const std::pair<const char*, const char*> cases[] = {{"2026-05-01", "2026-05-01T00:00:00Z"},
                                                       {"2026-05-01T10:11", "2026-05-01T10:11:00Z"},
                                                       {"2026-05-01T10:11:12", "2026-05-01T10:11:12Z"},
                                                       {"2026-05-01T10:11:12.5", "2026-05-01T10:11:12.5Z"},
                                                       {"2026-05-01T10:11+01:00", "2026-05-01T09:11:00Z"},
                                                       {"0", "1970-01-01T00:00:00Z"},
                                                       {"1000000000.25", "2001-09-09T01:46:40.25Z"},
                                                       {"10m", "2026-06-01T11:50:00Z"},
                                                       {"1h30m", "2026-06-01T10:30:00Z"},
                                                       {"-1h", "2026-06-01T13:00:00Z"}};
  for (const auto& [text, expected] : cases)
    EXPECT_EQ(parse_time_or_duration(text, reference), parse_rfc3339(expected)) << text;
  for (const char* text : {"", "yesterday", "2026-05", "1d"})
    EXPECT_EQ(parse_time_or_duration(text, reference), std::nullopt) << text;
}

TEST(TimeOrDuration, SpansThatLeaveTheClockAreRefused) {
  const Timestamp reference = *parse_rfc3339("2026-06-01T12:00:00Z");
  EXPECT_EQ(parse_time_or_duration("-2562047h", reference), std::nullopt) << "past 2262";
  EXPECT_TRUE(parse_time_or_duration("2562047h", reference)) << "1734";
}

TEST(HumanDuration, DockersWords) {
  const std::pair<nanoseconds, const char*> cases[] = {{-5s, "Less than a second"},
                                                       {0s, "Less than a second"},
                                                       {999ms, "Less than a second"},
                                                       {1s, "1 second"},
                                                       {1999ms, "1 second"},
                                                       {2s, "2 seconds"},
                                                       {59s, "59 seconds"},
                                                       {60s, "About a minute"},
                                                       {119s, "About a minute"},
                                                       {120s, "2 minutes"},
                                                       {59min + 59s, "59 minutes"},
                                                       {60min, "About an hour"},
                                                       {89min, "About an hour"},
                                                       {90min, "2 hours"},
                                                       {47h + 29min, "47 hours"},
                                                       {47h + 30min, "2 days"},
                                                       {48h, "2 days"},
                                                       {24h * 13, "13 days"},
                                                       {24h * 14, "2 weeks"},
                                                       {24h * 59, "8 weeks"},
                                                       {24h * 60, "2 months"},
                                                       {24h * 729, "24 months"},
                                                       {24h * 730, "2 years"},
                                                       {24h * 365 * 10, "10 years"}};
  for (const auto& [span, words] : cases) EXPECT_EQ(human_duration(span), words) << span.count();
}

TEST(HumanSize, FourDigitsPowersOfThousand) {
  const std::pair<double, const char*> cases[] = {{0, "0B"},
                                                  {1, "1B"},
                                                  {999, "999B"},
                                                  {1000, "1kB"},
                                                  {1024, "1.024kB"},
                                                  {1234567, "1.235MB"},
                                                  {999'949, "999.9kB"},
                                                  {123'456'789, "123.5MB"},
                                                  {1e9, "1GB"},
                                                  {1.5e12, "1.5TB"},
                                                  {1e18, "1EB"}};
  for (const auto& [bytes, words] : cases) EXPECT_EQ(human_size(bytes), words) << bytes;
}

}  // namespace
}  // namespace lichen
