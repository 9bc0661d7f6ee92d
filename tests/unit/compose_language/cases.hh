// Files of cases in tests/golden/compose/*.cases:
//
//   #### name
//   env: NAME=VALUE             caller's environment, one each line
//   args: -f a.yaml --profile x   flags of `compose` and `compose config`
//   ---- compose.yaml           files, below /work/app
//   ...
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
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "compose/language/project_loader.hh"
#include "libpod/base/path.hh"
#include "tests/unit/source_dir.hh"

namespace lichen::compose::test {

inline constexpr const char* kFolder = "/work/app";

struct Case {
  std::string name, input, expected;
  std::map<std::string, std::string> environment, files;
  std::vector<std::string> args;
};

/// Files in memory; "-" is standard input.
class MemoryFiles : public FileSource {
 public:
  explicit MemoryFiles(std::map<std::string, std::string> files) : files_(std::move(files)) {}
  std::optional<std::string> read(const std::string& path, std::size_t) override {
    const auto found = files_.find(path);
    return found == files_.end() ? std::nullopt : std::optional(found->second);
  }
  bool is_directory(const std::string& path) override {
    const auto next = files_.lower_bound(path + "/");
    return next != files_.end() && next->first.starts_with(path + "/");
  }

 private:
  std::map<std::string, std::string> files_;
};

inline std::filesystem::path cases_folder() {
  return std::filesystem::path(lichen::test::source_dir()) / "tests/golden/compose";
}

inline void parse_input(Case& each) {
  std::istringstream in(each.input);
  std::string* file = nullptr;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("---- ")) {
      const std::string name = line.substr(5);
      file = &each.files[name == "-" ? name : clean_path(name.starts_with("/") ? name : kFolder + ("/" + name))];
    } else if (file != nullptr) {
      *file += line + "\n";
    } else if (line.starts_with("env: ")) {
      const auto equals = line.find('=');
      each.environment[line.substr(5, equals - 5)] = line.substr(equals + 1);
    } else if (line.starts_with("args: ")) {
      std::istringstream words(line.substr(6));
      for (std::string word; words >> word;) each.args.push_back(word);
    }
  }
}

inline std::vector<Case> read_cases(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::vector<Case> cases;
  bool is_expected = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("#### ")) {
      cases.push_back({});
      cases.back().name = line.substr(5);
      is_expected = false;
    } else if (line == "---- expected") {
      is_expected = true;
    } else if (!cases.empty()) {
      (is_expected ? cases.back().expected : cases.back().input) += line + "\n";
    }
  }
  for (auto& each : cases) parse_input(each);
  return cases;
}

inline void check_cases(const std::string& group, const std::function<std::string(const Case&)>& result_of) {
  const auto file = cases_folder() / (group + ".cases");
  const auto cases = read_cases(file);
  ASSERT_FALSE(cases.empty());
  const char* accept = std::getenv("LICHEN_TEST_ACCEPT");
  if (accept != nullptr && std::string(accept) == "1") {
    std::ostringstream out;
    for (const auto& each : cases)
      out << "#### " << each.name << "\n" << each.input << "---- expected\n" << result_of(each);
    std::ofstream(file) << out.str();
    return;
  }
  for (const auto& each : cases) {
    SCOPED_TRACE(each.name);
    EXPECT_EQ(result_of(each), each.expected) << "accept with LICHEN_TEST_ACCEPT=1 when the change is meant";
  }
}

}  // namespace lichen::compose::test
