#include "libpod/runtime/options.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/base/error.hh"

namespace lichen::runtime {
namespace {

using ::testing::ElementsAre;

TEST(Options, SpellingsOfRuncAndCrun) {
  const Options crun = parse_options({"--rootless=true", "--root=/run/user/7/", "--systemd-cgroup", "create",
                                      "--bundle", "/b", "--pid-file=/p", "id"});
  EXPECT_EQ(crun.rootless, "true");
  EXPECT_EQ(crun.root, "/run/user/7/");
  EXPECT_TRUE(crun.systemd_cgroup);
  EXPECT_EQ(crun.command, "create");
  EXPECT_EQ(crun.bundle, "/b");
  EXPECT_EQ(crun.pid_file, "/p");
  EXPECT_THAT(crun.arguments, ElementsAre("id"));
  const Options runc = parse_options({"--rootless", "auto", "run", "id", "-b", "/b", "--preserve-fds=3", "-d"});
  EXPECT_EQ(runc.bundle, "/b");
  EXPECT_EQ(runc.preserve_fds, 3);
  EXPECT_TRUE(runc.detach);
  EXPECT_EQ(parse_options({"--rootless", "run", "id"}).command, "run");
}

TEST(Options, ExecEndsAtTheProgram) {
  const Options exec = parse_options({"exec", "-t", "-e", "A=1", "--env=B=2", "id", "ls", "-la", "--tty"});
  EXPECT_TRUE(exec.tty);
  EXPECT_THAT(exec.env, ElementsAre("A=1", "B=2"));
  EXPECT_THAT(exec.arguments, ElementsAre("id", "ls", "-la", "--tty"));
}

TEST(Options, LettersStandTogetherOrWithTheirValue) {
  EXPECT_EQ(parse_options({"create", "-b/x", "id"}).bundle, "/x");
  const Options exec = parse_options({"exec", "-td", "-p", "/x", "id"});
  EXPECT_TRUE(exec.tty && exec.detach);
  EXPECT_EQ(exec.process_file, "/x");
  EXPECT_TRUE(parse_options({"kill", "-a", "id", "9"}).all);
  EXPECT_TRUE(parse_options({"delete", "--force=true", "id"}).force);
  EXPECT_FALSE(parse_options({"delete", "--force=false", "id"}).force);
}

TEST(Options, RefusesWhatItDoesNotKnow) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{},
                                             {"nonsense"},
                                             {"create"},
                                             {"create", "a", "b"},
                                             {"create", "--nonsense", "a"},
                                             {"start", "--bundle", "x", "a"},
                                             {"create", "--bundle"},
                                             {"--log-format", "xml", "list"},
                                             {"create", "--preserve-fds", "-1", "a"},
                                             {"create", "--preserve-fds", "x", "a"},
                                             {"--rootless=perhaps", "list"},
                                             {"delete", "--force=perhaps", "a"},
                                             {"create", "a/b"}})
    EXPECT_THROW(parse_options(words), Error) << words.size();
}

TEST(Options, Ids) {
  for (const char* good : {"a", "1", "12.x_+-", "node1.alice.12.0.0"}) EXPECT_NO_THROW(check_id(good)) << good;
  for (const std::string& bad : {std::string(), std::string("."), std::string(".."), std::string("a/b"),
                                 std::string("a b"), std::string(256, 'x'), std::string("a\nb")})
    EXPECT_THROW(check_id(bad), Error) << bad;
}

}  // namespace
}  // namespace lichen::runtime
