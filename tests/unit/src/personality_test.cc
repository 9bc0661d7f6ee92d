#include "src/personality.hh"

#include <gtest/gtest.h>

namespace lichen::cli {
namespace {

TEST(Personality, ByName) {
  EXPECT_EQ(personality_of("docker"), Personality::docker);
  for (const char* other : {"lichen", "podman", "docker-compose", "dockerd", ""})
    EXPECT_EQ(personality_of(other), Personality::lichen) << other;
}

TEST(Personality, CommandsAreRenamedProseIsNot) {
  const std::pair<const char*, const char*> rows[] = {
      {"Usage:  lichen ps [OPTIONS]", "Usage:  docker ps [OPTIONS]"},
      {"  lichen run x\n  lichen ps\n", "  docker run x\n  docker ps\n"},
      {"see 'lichen --help' and `lichen ps`", "see 'docker --help' and `docker ps`"},
      {"unknown command: lichen pss", "unknown command: docker pss"},
      {"lichen unshare sh", "docker unshare sh"},
      {"the files of lichen are here, and lichen reads them", "the files of lichen are here, and lichen reads them"},
  };
  for (const auto& [text, expected] : rows) {
    EXPECT_EQ(as_called(text, Personality::docker), expected);
    EXPECT_EQ(as_called(text, Personality::lichen), text);
  }
}

TEST(Personality, ExitCodes) {
  const auto code = [](const char* path, bool parsed, ErrorKind kind) {
    return failure_code(Personality::docker, find_command(path), parsed, Error(kind, "x"));
  };
  EXPECT_EQ(code("logs", true, ErrorKind::not_found), 1);
  EXPECT_EQ(code("logs", false, ErrorKind::usage), 125);
  EXPECT_EQ(code("run", true, ErrorKind::not_found), 125);
  EXPECT_EQ(code("create", true, ErrorKind::not_found), 1);
  EXPECT_EQ(code("create", true, ErrorKind::usage), 125);
  EXPECT_EQ(code("no such command", false, ErrorKind::usage), 1);
  EXPECT_EQ(code("pull", true, ErrorKind::interrupted), 130);
  EXPECT_EQ(failure_code(Personality::docker, find_command("run"), true,
                         Error(ErrorKind::not_found, "x").with_exit_code(127)),
            127);
  EXPECT_EQ(failure_code(Personality::lichen, find_command("logs"), true, Error(ErrorKind::not_found, "x")), 125);
}

}  // namespace
}  // namespace lichen::cli
