// Hostile compose files: what is bounded, and that a large file takes linear time.
#include "compose/language/document.hh"
#include "compose/language/interpolate.hh"
#include "compose/language/render.hh"
#include "compose/language/values.hh"
#include "libpod/base/error.hh"
#include "libpod/base/format.hh"
#include "tests/unit/compose_language/cases.hh"

namespace lichen::compose::test {
namespace {

std::string parse_error(const std::string& text, const DocumentLimits& limits = {}) {
  Sources sources;
  const auto file = sources.add("f");
  try {
    parse_documents(text, file, sources, limits);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid);
    return error.what();
  }
  return "";
}

TEST(ComposeLimits, AliasesThatUnfoldWithoutEnd) {
  std::string text = "a: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    text += format("b{}: &a{} [", i, i);
    for (int k = 0; k < 10; ++k) text += format("{}*a{}", k == 0 ? "" : ", ", i - 1);
    text += "]\n";
  }
  EXPECT_NE(parse_error(text).find("aliases unfold to more than 400000 values"), std::string::npos);
}

TEST(ComposeLimits, LargeTextsCountAsSeveralValues) {
  const std::string large(200'000, 'x');
  std::string text = "a: &a " + large + "\nb: [";
  for (int i = 0; i < 200; ++i) text += "*a, ";
  EXPECT_NE(parse_error(text + "1]\n").find("aliases unfold"), std::string::npos);
}

TEST(ComposeLimits, AnchorsAroundALargeList) {
  std::string text = "a: ";
  for (int i = 0; i < 80; ++i) text += format("&a{} [", i);
  for (int i = 0; i < 20'000; ++i) text += "1, ";
  EXPECT_NE(parse_error(text + std::string(80, ']')).find("more than 1000000 values"), std::string::npos);
}

TEST(ComposeLimits, Depth) {
  EXPECT_EQ(parse_error(std::string(99, '[') + std::string(99, ']')), "");
  EXPECT_NE(parse_error(std::string(150, '[') + std::string(150, ']')).find("more than 100 levels deep"),
            std::string::npos);
  EXPECT_NE(parse_error(std::string(100'000, '[')), "");
  EXPECT_NE(parse_error(std::string(100'000, '{')), "");
}

TEST(ComposeLimits, Size) {
  DocumentLimits limits;
  limits.max_bytes = 1u << 20;
  EXPECT_EQ(parse_error(std::string(2u << 20, ' '), limits), "f: larger than 1 MiB");
}

TEST(ComposeLimits, NoTextOfTheYamlLibrary) {
  for (const char* text :
       {"a: b: c", "a: [", "a: {", "- a\nb", "a: \"\\q\"", "%YAML 3.0\n---\na: b", "a: *x", "a: &", "\t- a",
        "a: |x\n b", "a: 'b", "? [", "a: b\n c: d", "!<x", "a: !<", "--- a\n--- [", "a: @", "]"}) {
    const std::string message = parse_error(text);
    for (const char* theirs : {"yaml-cpp", "error at line", "illegal", "end of map", "bad file", "unknown token"})
      EXPECT_EQ(message.find(theirs), std::string::npos) << text << ": " << message;
  }
}

TEST(ComposeValues, DurationsGoBothWays) {
  const std::pair<const char*, const char*> cases[] = {
      {"1h", "1h0m0s"},         {"90s", "1m30s"},   {"1.5s", "1.5s"},   {"1ms", "1ms"},
      {"1us", "1µs"},           {"1ns", "1ns"},     {"0", "0s"},        {"1d", "24h0m0s"},
      {"1m0.001s", "1m0.001s"}, {"2w", "336h0m0s"}, {"0.5ms", "500µs"}, {"1h1ns", "1h0m0.000000001s"}};
  for (const auto& [text, shown] : cases) {
    const auto value = parse_compose_duration(text);
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(go_duration(*value), shown);
    EXPECT_EQ(parse_compose_duration(go_duration(*value)), value) << shown;
  }
  for (const char* text : {"", "1", "s", "1x", "1s1", "-1s", "1 s", "99999999h", "1..5s"})
    EXPECT_FALSE(parse_compose_duration(text)) << text;
}

TEST(ComposeValues, NumbersAsGoPrintsThem) {
  for (const auto& [value, text] : {std::pair(0.1, "0.1"), std::pair(1e21, "1e+21"), std::pair(1e6, "1e+06"),
                                    std::pair(1234567.5, "1.2345675e+06"), std::pair(999999.5, "999999.5"),
                                    std::pair(1e-5, "1e-05"), std::pair(0.0001, "0.0001"), std::pair(-2.5, "-2.5")})
    EXPECT_EQ(go_float(value), text);
}

TEST(ComposeModel, TargetsOfSecretsAndConfigs) {
  FileReference reference;
  reference.source = "s";
  EXPECT_EQ(reference.target_path("/run/secrets"), "/run/secrets/s");
  EXPECT_EQ(reference.target_path("/"), "/s");
  reference.target = "dir/t";
  EXPECT_EQ(reference.target_path("/run/secrets"), "/run/secrets/dir/t");
  reference.target = "/etc/t";
  EXPECT_EQ(reference.target_path("/run/secrets"), "/etc/t");
}

/// A merge that compared each with each would need 10^9 steps.
TEST(ComposeLimits, ManyServicesOverManyServices) {
  std::string text = "services:\n", over = "services:\n";
  for (int i = 0; i < 3000; ++i) {
    text += format("  s{}: {{image: a, network_mode: none}}\n", i);
    over += format("  s{}: {{user: u}}\n", i);
  }
  MemoryFiles files({{"/p/a.yaml", text}, {"/p/b.yaml", over}});
  LoadRequest request;
  request.cwd = "/p";
  request.files = {"a.yaml", "b.yaml"};
  const auto project = load_project(request, files);
  ASSERT_EQ(project.services.size(), 3000u);
  EXPECT_EQ(project.services[2999].user, "u");
}

}  // namespace
}  // namespace lichen::compose::test
