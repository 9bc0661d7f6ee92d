// Tables, formats and exit codes.
#include "src/output.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/exit_code.hh"
#include "src/go_print.hh"
#include "src/style.hh"

namespace lichen::cli {
namespace {

constexpr Column kColumns[] = {{"ID", "CONTAINER ID"}, {"Names", "NAMES"}, {"Labels", "LABELS"}};
constexpr ListView kView{kColumns, "table {{.ID}}\t{{.Names}}"};

std::vector<Json> rows() {
  return {Json{{"ID", "4f1c"}, {"Names", "web"}, {"Labels", "a=1"}},
          Json{{"ID", "77"}, {"Names", "a_long_name"}, {"Labels", ""}}};
}

TEST(Output, ColumnsAreAsWideAsDockers) {
  // Three blanks after the widest cell, at least ten in all; the last cell is not padded.
  EXPECT_EQ(align_columns("REPOSITORY\tTAG\tIMAGE ID\nnginx\tlatest\t4f1c\n"),
            "REPOSITORY   TAG       IMAGE ID\nnginx        latest    4f1c\n");
  EXPECT_EQ(align_columns("a\t\tc\n"), "a                   c\n");
  EXPECT_EQ(align_columns("x"), "x");
  EXPECT_EQ(align_columns("日本\tb\nabcdefghij\tc\n"), "日本         b\nabcdefghij   c\n");
}

TEST(Output, DefaultTable) {
  EXPECT_EQ(render_list(rows(), kView, ""), "CONTAINER ID   NAMES\n4f1c           web\n77             a_long_name\n");
  EXPECT_EQ(render_list(rows(), kView, "table"), render_list(rows(), kView, ""));
  EXPECT_EQ(render_list({}, kView, ""), "CONTAINER ID   NAMES\n");
  EXPECT_EQ(render_list(rows(), kView, "", /*no_heading=*/true), "4f1c      web\n77        a_long_name\n");
  EXPECT_EQ(render_list({}, kView, "", true), "");
}

TEST(Output, TableTemplate) {
  EXPECT_EQ(render_list(rows(), kView, "table {{.Names}}\\t{{.Label \"a\"}}"),
            "NAMES         a\nweb           1\na_long_name   \n");
  EXPECT_EQ(render_list(rows(), kView, "table {{upper .Names}}"), "NAMES\nWEB\nA_LONG_NAME\n");
}

TEST(Output, PlainTemplateKeepsTabs) {
  EXPECT_EQ(render_list(rows(), kView, "{{.ID}}\\t{{.Names}}"), "4f1c\tweb\n77\ta_long_name\n");
  EXPECT_EQ(render_list(rows(), kView, "{{printf \"%s\\n\" .ID}}x"), "4f1c\nx\n77\nx\n");
  EXPECT_EQ(render_list(rows(), kView, "tableau"), "tableau\ntableau\n");
}

TEST(Output, JsonStyles) {
  EXPECT_EQ(render_list({Json{{"ID", 1}}, Json{{"ID", 2}}}, kView, "json"), "{\"ID\":1}\n{\"ID\":2}\n");
  EXPECT_EQ(Json::parse(render_list({Json{{"ID", 1}}}, kView, "json", false, JsonStyle::array)),
            Json::parse(R"([{"ID":1}])"));
}

TEST(Output, Objects) {
  const std::vector<Json> objects = {Json{{"Id", "a"}}, Json{{"Id", "b"}}};
  EXPECT_EQ(render_objects({}, ""), "[]\n");
  EXPECT_EQ(Json::parse(render_objects(objects, "")), Json(objects));
  EXPECT_EQ(render_objects(objects, "json"), "[{\"Id\":\"a\"},{\"Id\":\"b\"}]\n");
  EXPECT_EQ(render_objects(objects, "{{.Id}}"), "a\nb\n");
  EXPECT_EQ(render_object(objects[0], "json"), "{\"Id\":\"a\"}\n");
}

TEST(Output, ANewlineInACellDoesNotBreakTheTable) {
  EXPECT_EQ(render_list({Json{{"ID", "a\nb"}, {"Names", "n"}}}, kView, ""), "CONTAINER ID   NAMES\na b            n\n");
}

TEST(ExitCode, Table) {
  EXPECT_EQ(exit_code_of(Error(ErrorKind::usage, "x")), 125);
  EXPECT_EQ(exit_code_of(Error(ErrorKind::internal, "x")), 125);
  EXPECT_EQ(exit_code_of(Error(ErrorKind::interrupted, "x")), 130);
  EXPECT_EQ(exit_code_of_exec_failure(ENOENT), 127);
  EXPECT_EQ(exit_code_of_exec_failure(EACCES), 126);
  EXPECT_EQ(exit_code_of_exec_failure(ENOMEM), 125);
  EXPECT_EQ(exit_code_of_process(7, 0), 7);
  EXPECT_EQ(exit_code_of_process(0, 9), 137);
}

TEST(Style, ColoursOnlyWhereTheyAreWanted) {
  EXPECT_TRUE(terminal_facts(true, false, nullptr, "xterm").colour_on_stdout());
  EXPECT_FALSE(terminal_facts(true, false, nullptr, "xterm").colour_on_stderr());
  EXPECT_FALSE(terminal_facts(true, true, "1", "xterm").colour_on_stdout());
  EXPECT_TRUE(terminal_facts(true, true, "1", "xterm").can_redraw);
  EXPECT_TRUE(terminal_facts(true, true, "", "xterm").colour_on_stdout());
  EXPECT_FALSE(terminal_facts(true, true, nullptr, "dumb").colour_on_stdout());
  EXPECT_FALSE(terminal_facts(true, true, nullptr, nullptr).can_redraw);
  EXPECT_EQ(paint("x", Colour::red, true), "\x1b[31mx\x1b[0m");
  EXPECT_EQ(paint("x", Colour::red, false), "x");
}

TEST(GoPrint, Quote) { EXPECT_EQ(go_quote("a\"b\\c\n\x01"), R"("a\"b\\c\n\x01")"); }

}  // namespace
}  // namespace lichen::cli
