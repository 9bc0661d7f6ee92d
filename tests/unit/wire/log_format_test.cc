#include "libpod/wire/log_format.hh"

#include <gtest/gtest.h>

namespace lichen::wire {
namespace {

constexpr std::string_view kTime = "2026-11-21T04:41:07.123456789Z";

std::string all_bytes() {
  std::string text;
  for (int byte = 0; byte < 256; ++byte)
    if (byte != '\n') text += static_cast<char>(byte);
  return text;
}

TEST(K8sRecord, MarksFullAndPartialLines) {
  std::string out;
  append_k8s_record(out, kTime, LogStream::out, "text\n");
  append_k8s_record(out, kTime, LogStream::err, "prompt> ");
  append_k8s_record(out, kTime, LogStream::out, "\n");
  EXPECT_EQ(out,
            "2026-11-21T04:41:07.123456789Z stdout F text\n"
            "2026-11-21T04:41:07.123456789Z stderr P prompt> \n"
            "2026-11-21T04:41:07.123456789Z stdout F \n");
}

TEST(K8sRecord, GivesBackEveryByte) {
  for (const std::string& text :
       {all_bytes(), all_bytes() + "\n", std::string("\n"), std::string(" F "), std::string("a\r\n")}) {
    std::string out;
    append_k8s_record(out, kTime, LogStream::err, text);
    out.pop_back();
    const auto record = parse_k8s_record(out);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->text, text);
    EXPECT_EQ(record->stream, LogStream::err);
    EXPECT_EQ(record->time, kTime);
  }
}

TEST(K8sRecord, AForgedRecordStaysText) {
  std::string out;
  append_k8s_record(out, kTime, LogStream::out, "2026-01-01T00:00:00.000000000Z stderr F forged\n");
  const auto record = parse_k8s_record(std::string_view(out).substr(0, out.size() - 1));
  ASSERT_TRUE(record);
  EXPECT_EQ(record->stream, LogStream::out);
  EXPECT_EQ(record->text, "2026-01-01T00:00:00.000000000Z stderr F forged\n");
}

TEST(K8sRecord, RefusesWhatIsNone) {
  for (const std::string_view line :
       {"", "text", "2026-11-21T04:41:07.1Z", "2026-11-21T04:41:07.1Z stdout", "2026-11-21T04:41:07.1Z stdin F x",
        "2026-11-21T04:41:07.1Z stdout X x", "2026-11-21T04:41:07.1Z stdout Fx", "  stdout F x"})
    EXPECT_FALSE(parse_k8s_record(line)) << line;
}

TEST(JsonRecord, IsDockers) {
  std::string out;
  append_json_record(out, kTime, LogStream::out, "a\"b\\c\t\x01\xc3\xa9\n");
  EXPECT_EQ(out,
            "{\"log\":\"a\\\"b\\\\c\\t\\u0001\xc3\xa9\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-21T04:41:07."
            "123456789Z\"}\n");
}

TEST(JsonRecord, GivesBackEveryByte) {
  for (const std::string& text : {all_bytes() + "\n", std::string("\xed\xa0\x80"), std::string("\xf4\x90\x80\x80"),
                                  std::string("\xc3"), std::string("plain\n"), std::string("\xf0\x9f\x8c\xb1\n")}) {
    std::string out;
    append_json_record(out, kTime, LogStream::err, text);
    const auto record = parse_json_record(std::string_view(out).substr(0, out.size() - 1));
    ASSERT_TRUE(record) << out;
    EXPECT_EQ(record->text, text);
    EXPECT_EQ(record->stream, LogStream::err);
  }
}

TEST(JsonRecord, RefusesWhatIsNone) {
  for (const std::string_view line : {"", "{", "[]", "{\"log\":1,\"stream\":\"stdout\",\"time\":\"\"}",
                                      "{\"log\":\"x\"}", "{\"log\":\"x\",\"stream\":\"other\",\"time\":\"\"}",
                                      "{\"log\":\"x\",\"stream\":\"stdout\",\"time\":\"\",\"bytes\":\"%\"}"})
    EXPECT_FALSE(parse_json_record(line)) << line;
}

TEST(Base64, FollowsRfc4648) {
  const std::pair<const char*, const char*> vectors[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text), bytes);
  }
  for (const std::string_view wrong : {"Z", "Zg=", "Z===", "Zg==Zg==", "Zm9$", "=Zg="})
    EXPECT_FALSE(base64_decode(wrong)) << wrong;
}

TEST(Utf8, KnowsTheEdges) {
  for (const std::string_view good :
       {"", "a", "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(good));
  for (const std::string_view bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                                     "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xff"})
    EXPECT_FALSE(is_utf8(bad));
}

}  // namespace
}  // namespace lichen::wire
