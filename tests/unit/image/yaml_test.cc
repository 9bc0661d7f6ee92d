#include "libpod/image/yaml.hh"

#include <gtest/gtest.h>

#include "libpod/base/error.hh"

namespace lichen::image {
namespace {

std::string converted(const std::string& text) {
  try {
    return dump_json(yaml_to_json(text, "file"));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid);
    return error.what();
  }
}

TEST(Yaml, WordsAndNumbers) {
  EXPECT_EQ(
      converted("a: 1\nb: [x, \"2\", '3', true, ~, 1.5, -7, 0o17]\nc:\n- d: \"e f\"\n  g: |\n    two\n    lines\n"),
      R"({"a":1,"b":["x","2","3",true,null,"1.5",-7,15],"c":[{"d":"e f","g":"two\nlines\n"}]})");
  EXPECT_EQ(converted("cdiVersion: 0.5.0\nkind: nvidia.com/gpu\n"),
            R"({"cdiVersion":"0.5.0","kind":"nvidia.com/gpu"})");
  EXPECT_EQ(converted("a: !!str 5"), R"({"a":"5"})");
  EXPECT_EQ(converted("a: &x [1, &y 2]\nb: *x\nc: {d: *y, e: }\n"), R"({"a":[1,2],"b":[1,2],"c":{"d":2,"e":null}})");
}

TEST(Yaml, WhatIsRefused) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"a: [1", "file:"},
      {"a: 1\na: 2\n", "file:2: a key is there twice"},
      {"a: !!python/object:os.system x", "a tag that is not known"},
      {"a: !mine [1]", "a tag that is not known"},
      {"? [a]\n: b", "a key that is no word"},
      {"a: &x {b: 1}\nc: {<<: *x}", "merge keys"},
      {"--- a\n--- b\n", "more than one document"},
      {"", "no document"},
      {"a: &x [*x]", "file:1: an alias within what it names"},
      {"a: &x 1\n*x : 2", "a key that is no word"},
      {"a: &x 1\n&y b: 2", "a key with an anchor"},
      {"a: *x", "file:"},
      {std::string(2000, '['), "file:"},
      {std::string((1 << 20) + 1, 'a'), "larger than"},
  };
  for (const auto& [text, piece] : rows)
    EXPECT_NE(converted(text).find(piece), std::string::npos) << text.substr(0, 80) << "\n" << converted(text);
}

TEST(Yaml, LongWordsCountAsSeveral) {
  std::string text = "a: &x " + std::string(500'000, 'w') + "\nb: [*x";
  for (int i = 0; i < 20; ++i) text += ", *x";
  EXPECT_NE(converted(text + "]\n").find("too many values"), std::string::npos);
}

TEST(Yaml, ManyKeys) {
  std::string text;
  for (int i = 0; i < 1024; ++i) text += "k" + std::to_string(i) + ": 1\n";
  EXPECT_EQ(yaml_to_json(text, "file").size(), 1024U);
  EXPECT_NE(converted(text + "more: 1\n").find("too many keys"), std::string::npos);
}

// Each line names the one above ten times: 10^9 values of 300 bytes.
TEST(Yaml, AliasesDoNotExplode) {
  std::string text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string above = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + above;
    for (int n = 1; n < 10; ++n) text += "," + above;
    text += "]\n";
  }
  EXPECT_NE(converted(text).find("too many values"), std::string::npos);
}

}  // namespace
}  // namespace lichen::image
