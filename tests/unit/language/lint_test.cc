// Goldens of the build checks: "line:column-end RULE: message" for each warning.
#include "buildah/language/lint.hh"

#include <algorithm>

#include "buildah/language/parse.hh"
#include "libpod/base/error.hh"
#include "libpod/base/format.hh"
#include "tests/unit/language/cases.hh"

namespace lichen::language::test {
namespace {

std::string linted(const std::string& text) {
  const auto file = parse_dockerfile(text, "Dockerfile");
  const IgnoreRules rules("secrets\n*.log\n");
  LintOptions options;
  options.ignore_rules = &rules;
  options.base_env = [](const std::string& image) -> std::optional<std::vector<std::string>> {
    if (image == "with-env") return std::vector<std::string>{"PATH=/bin", "FROM_BASE=1"};
    return std::nullopt;
  };
  std::string out;
  for (const auto& warning : lint(file, options))
    out += format("{}:{}-{} {}: {}\n", warning.position.line, warning.position.column, warning.end_line, warning.rule,
                  warning.message);
  return out;
}

TEST(LintGolden, Cases) { check_cases("lint", linted); }

TEST(Lint, EveryRuleHasACase) {
  std::string all;
  for (const auto& each : read_cases(cases_folder() / "lint.cases")) all += each.expected;
  for (const auto& rule : lint_rules())
    EXPECT_NE(all.find(" " + std::string(rule.name) + ": "), std::string::npos) << rule.name;
}

TEST(Lint, RulesAreSortedAndDescribed) {
  const auto& rules = lint_rules();
  EXPECT_EQ(rules.size(), 21u);
  EXPECT_TRUE(std::is_sorted(rules.begin(), rules.end(), [](const auto& a, const auto& b) { return a.name < b.name; }));
  for (const auto& rule : rules) EXPECT_FALSE(rule.description.empty());
}

TEST(Lint, BuildArgsAndOptionsCount) {
  const auto file = parse_dockerfile("ARG B=x\nFROM a:$B\nARG W=rel\nWORKDIR $W\nCMD x\n", "F");
  LintOptions options;
  EXPECT_EQ(lint(file, options).size(), 2u);
  options.build_args = {{"W", "/abs"}};
  EXPECT_EQ(lint(file, options).size(), 1u);
  options.skip = {"JSONArgsRecommended"};
  EXPECT_TRUE(lint(file, options).empty());
  const auto copy = parse_dockerfile("FROM a\nCOPY x y\n", "F");
  const IgnoreRules rules("x"), with_exception("x\n!x/y");
  options = {};
  options.experimental = {"CopyIgnoredFile"};
  EXPECT_TRUE(lint(copy, options).empty());
  options.ignore_rules = &rules;
  EXPECT_EQ(lint(copy, options).size(), 1u);
  options.ignore_rules = &with_exception;
  EXPECT_TRUE(lint(copy, options).empty());
}

TEST(Lint, HostileFilesCostLittle) {
  std::string doubling = "FROM a\nENV A=xxxxxxxxxxxxxxxx\n";
  for (int i = 0; i < 10000; ++i) doubling += "ENV A=$A$A V" + std::to_string(i) + "=$A\n";
  EXPECT_TRUE(lint(parse_dockerfile(doubling, "F")).empty());
  std::string stages = "FROM a AS s\n";
  for (int i = 0; i < 5000; ++i) stages += "ENV E" + std::to_string(i) + "=1\n";
  for (int i = 0; i < 1500; ++i) stages += "FROM s AS s" + std::to_string(i) + "\n";
  EXPECT_TRUE(lint(parse_dockerfile(stages, "F")).empty());
}

}  // namespace
}  // namespace lichen::language::test
