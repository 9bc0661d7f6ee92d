#include "buildah/changes.hh"

#include <gtest/gtest.h>

#include "buildah/build_platform.hh"
#include "libpod/base/error.hh"

namespace lichen::buildah {
namespace {

TEST(Changes, EachSeesThoseBefore) {
  spec::ImageConfig config;
  config.env = {"A=1"};
  config.working_dir = "/srv";
  apply_changes({"ENV B=$A-x", "workdir below", "LABEL l=$B", "CMD=echo"}, config);
  EXPECT_EQ(config.env, (std::vector<std::string>{"A=1", "B=1-x"}));
  EXPECT_EQ(config.working_dir, "/srv/below");
  EXPECT_EQ(config.labels["l"], "1-x");
  EXPECT_EQ(config.cmd, (std::vector<std::string>{"/bin/sh", "-c", "echo"}));
}

TEST(Changes, HistoryIsNotTheirs) {
  spec::ImageConfig config;
  config.history.push_back({});
  apply_changes({"USER a", "USER b"}, config);
  EXPECT_EQ(config.history.size(), 1u);
  EXPECT_EQ(config.user, "b");
}

// An entry point makes the base image's CMD meaningless, unless one is given (docker).
TEST(Changes, EntrypointClearsCmd) {
  spec::ImageConfig config;
  config.cmd = {"old"};
  apply_changes({"ENTRYPOINT [\"x\"]"}, config);
  EXPECT_TRUE(config.cmd.empty());
  apply_changes({"CMD [\"new\"]", "ENTRYPOINT [\"y\"]"}, config);
  EXPECT_EQ(config.cmd, std::vector<std::string>{"new"});
}

TEST(Changes, OthersAreRefusedAndNothingIsChanged) {
  spec::ImageConfig config;
  for (const char* change : {"RUN x", "COPY a b", "ADD a b", "FROM x", "ARG a", "SHELL [\"a\"]", "MAINTAINER m", "",
                             " ", "NOTHING x", "USER a\nRUN b"})
    EXPECT_THROW(apply_changes({"USER u", change}, config), Error) << change;
  EXPECT_EQ(config.user, "") << "a mistake was found after some had been applied";
}

TEST(BuildPlatform, HasNoVariantThatAllHave) {
  EXPECT_EQ(build_platform("linux/arm64").str(), "linux/arm64");
  EXPECT_EQ(build_platform("aarch64").str(), "linux/arm64");
  EXPECT_EQ(build_platform("linux/arm/v6").str(), "linux/arm/v6");
}

}  // namespace
}  // namespace lichen::buildah
