// Goldens of the parser: Dockerfiles and what they parse to, a line of JSON per instruction, or "error: ..." and
// perhaps "hint: ...".
#include <algorithm>

#include "buildah/language/parse.hh"
#include "libpod/base/error.hh"
#include "libpod/base/format.hh"
#include "tests/unit/language/cases.hh"
#include "tests/unit/language/dump.hh"

namespace lichen::language::test {
namespace {

std::string parsed(const std::string& text) {
  try {
    return dump(parse_dockerfile(text, "Dockerfile"));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid);
    return format("error: {}\n", error.what()) + (error.hint().empty() ? "" : "hint: " + error.hint() + "\n");
  }
}

TEST(ParseGolden, Instructions) { check_cases("instructions", parsed); }
TEST(ParseGolden, Lines) { check_cases("lines", parsed); }
TEST(ParseGolden, Heredocs) { check_cases("heredocs", parsed); }
TEST(ParseGolden, Errors) { check_cases("errors", parsed); }

TEST(ParseGolden, NamesAreUnique) {
  for (const char* group : {"instructions", "lines", "heredocs", "errors"}) {
    std::vector<std::string> names;
    for (const auto& each : read_cases(cases_folder() / (std::string(group) + ".cases"))) names.push_back(each.name);
    std::sort(names.begin(), names.end());
    EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end()) << group;
  }
}

}  // namespace
}  // namespace lichen::language::test
