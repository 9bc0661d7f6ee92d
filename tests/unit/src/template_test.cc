// Templates: what Go's text/template prints for the same template and data, and what is ours on purpose.
#include "src/template.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>

#include "libpod/base/error.hh"
#include "tests/unit/source_dir.hh"

namespace lichen::cli {
namespace {

using ::testing::HasSubstr;

std::string read_file(const std::string& path) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  if (!file) throw_errno("open '{}'", path);
  std::string text(1 << 20, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  return text;
}

std::string run(std::string_view text, const Json& data = Json::object()) {
  return Template::parse(text).execute(data);
}

/// The message and the hint of the error, or "no error".
std::string error_of(std::string_view text, const Json& data = Json::object()) {
  try {
    run(text, data);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    return std::string(error.what()) + (error.hint().empty() ? "" : " | " + error.hint());
  }
  return "no error";
}

TEST(Template, DoesWhatGoDoes) {
  const Json golden = Json::parse(read_file(test::source_dir() + "/tests/unit/src/template_cases.json"));
  ASSERT_GT(golden["cases"].size(), 150u);
  for (const Json& entry : golden["cases"]) {
    const auto text = entry["template"].get<std::string>();
    SCOPED_TRACE(text);
    if (entry.value("error", false)) {
      EXPECT_NE(error_of(text, golden["data"]), "no error");
      continue;
    }
    try {
      EXPECT_EQ(run(text, golden["data"]), entry["want"].get<std::string>());
    } catch (const Error& error) {
      ADD_FAILURE() << error.what();
    }
  }
}

TEST(Template, UnknownFieldIsAnErrorWithTheNearestName) {
  const Json row = {{"Names", "web"}, {"Status", "Up"}};
  EXPECT_EQ(error_of("{{.Name}}", row), "template:1:3: no field 'Name' | did you mean 'Names'?");
  EXPECT_EQ(error_of("a\n{{.Xyzzy}}", row), "template:2:3: no field 'Xyzzy' | the fields are Names, Status");
}

TEST(Template, MissingKeyOfAMapIsNoError) {
  const Json row = {{"Labels", {{"a", "1"}}}, {"NoLabels", nullptr}};
  EXPECT_EQ(run("{{.Labels.b}}", row), "<no value>");
  EXPECT_EQ(run("{{index .Labels \"b\"}}|", row), "|");
  EXPECT_EQ(run("{{index .NoLabels \"b\"}}|{{len .NoLabels}}", row), "|0");
}

TEST(Template, LabelMethod) {
  EXPECT_EQ(run("{{.Label \"a\"}}|{{.Label \"b\"}}", {{"Labels", {{"a", "1"}}}}), "1|");
  EXPECT_EQ(run("{{.Label \"k\"}}", {{"Labels", "j=1,k=v=w"}}), "v=w");
  EXPECT_EQ(run("{{range .}}{{.Label \"k\"}}{{end}}", Json::array({Json{{"Labels", "k=1"}}, Json{{"Labels", "k=2"}}})),
            "12");
  EXPECT_EQ(run("{{\"a\" | .Label}}", {{"Labels", {{"a", "1"}}}}), "1");
}

TEST(Template, JsonKeepsTheOrderAndDoesNotEscapeHtml) {
  EXPECT_EQ(run("{{json .}}", {{"b", "<&>"}, {"a", 1}}), R"({"b":"<&>","a":1})");
}

TEST(Template, ErrorsNamePositionAndReason) {
  EXPECT_EQ(error_of("{{.A"), "template:1:1: unclosed action");
  EXPECT_EQ(error_of("ab {{nofunc}}"), "template:1:6: function \"nofunc\" not defined");
  EXPECT_EQ(error_of("{{if true}}"), "template:1:1: {{if}} without {{end}}");
  EXPECT_EQ(error_of("{{len 5}}"), "template:1:3: error calling len: len of 5");
  EXPECT_EQ(error_of("{{eq 1 \"a\"}}"), "template:1:3: error calling eq: incompatible types for comparison");
  EXPECT_THAT(error_of("{{.a ; .b}}"), HasSubstr("unexpected character ';'"));
  EXPECT_THAT(error_of("{{1 | | 2}}"), HasSubstr("unexpected \"|\" in command"));
}

TEST(Template, DepthIsBounded) {
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "(";
  EXPECT_THAT(error_of("{{" + deep + "}}"), HasSubstr("nested too deeply"));
  EXPECT_THAT(error_of("{{define \"T\"}}{{template \"T\"}}{{end}}{{template \"T\"}}"),
              HasSubstr("calls itself too often"));
}

TEST(Template, HugeWidthIsRefusedAsInGo) { EXPECT_EQ(run("{{printf \"%99999999d\" 1}}"), "%!(BADWIDTH)1"); }

TEST(Template, HeadingsStayUnderFunctions) {
  const Json headings = {{"Names", "NAMES"}, {"ID", "CONTAINER ID"}, {"Labels", "LABELS"}};
  const auto heading = [&](std::string_view text) { return Template::parse(text).execute_headings(headings); };
  EXPECT_EQ(heading("{{.ID}}\t{{upper .Names}}\t{{truncate .ID 3}}"), "CONTAINER ID\tNAMES\tCONTAINER ID");
  EXPECT_EQ(heading("{{json .Names}} {{.Label \"tier\"}}"), "NAMES tier");
}

}  // namespace
}  // namespace lichen::cli
