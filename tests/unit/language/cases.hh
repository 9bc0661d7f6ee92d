// Files of cases in tests/golden/dockerfile/*.cases:
//
//   #### name
//   input lines
//   ---- expected
//   output lines
//
// LICHEN_TEST_ACCEPT=1 writes what came out into the file: read the difference before it is committed.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/unit/source_dir.hh"

namespace lichen::language::test {

struct Case {
  std::string name, input, expected;
};

inline std::filesystem::path cases_folder() {
  return std::filesystem::path(lichen::test::source_dir()) / "tests/golden/dockerfile";
}

inline std::vector<Case> read_cases(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<Case> cases;
  bool is_expected = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("#### ")) {
      cases.push_back({line.substr(5), {}, {}});
      is_expected = false;
    } else if (line == "---- expected") {
      is_expected = true;
    } else if (!cases.empty()) {
      (is_expected ? cases.back().expected : cases.back().input) += line + "\n";
    }
  }
  return cases;
}

inline void check_cases(const std::string& group, const std::function<std::string(const std::string&)>& result_of) {
  const auto file = cases_folder() / (group + ".cases");
  const auto cases = read_cases(file);
  ASSERT_FALSE(cases.empty());
  const char* accept = std::getenv("LICHEN_TEST_ACCEPT");
  if (accept != nullptr && std::string(accept) == "1") {
    std::ostringstream out;
    for (const auto& each : cases)
      out << "#### " << each.name << "\n" << each.input << "---- expected\n" << result_of(each.input);
    std::ofstream(file) << out.str();
    return;
  }
  for (const auto& each : cases) {
    SCOPED_TRACE(each.name);
    EXPECT_EQ(result_of(each.input), each.expected) << "accept with LICHEN_TEST_ACCEPT=1 when the change is meant";
  }
}

}  // namespace lichen::language::test
