// containers.conf and config.toml -> Settings: which keys count, which are passed over, what is an error.
#include "libpod/engine/containers_conf.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "libpod/base/error.hh"
#include "libpod/engine/config_file.hh"

namespace lichen::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ContainersConf : public ::testing::Test {
 protected:
  ContainersConf() : folder_(::testing::TempDir() + "/containers_conf_test") {
    std::filesystem::create_directories(folder_);
  }
  ~ContainersConf() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
    return path;
  }
  Settings read(const std::string& text) {
    Settings settings;
    apply_containers_conf(write("containers.conf", text), settings);
    return settings;
  }
  std::string error_of(const std::string& text) {
    try {
      read(text);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  std::string folder_;
};

TEST_F(ContainersConf, EveryKeyArrives) {
  const auto s = read(R"(
[containers]
default_capabilities = ["CHOWN", "KILL"]
default_sysctls = ["net.ipv4.ping_group_range=0 0"]
default_ulimits = ["nofile=100:200"]
dns_servers = ["192.0.2.1"]
dns_searches = ["example.org"]
dns_options = ["ndots:2"]
env = ["A=b"]
http_proxy = false
init = true
no_hosts = true
read_only = true
log_driver = "json-file"
log_size_max = 1000
pids_limit = 7
seccomp_profile = "/x.json"
shm_size = "1m"
tz = "Asia/Tokyo"
umask = "0077"
[engine]
cdi_spec_dirs = ["/opt/cdi"]
detach_keys = "ctrl-x"
stop_timeout = 3
pull_policy = "newer"
)");
  EXPECT_THAT(s.default_capabilities, ElementsAre("CHOWN", "KILL"));
  EXPECT_THAT(s.default_sysctls, ElementsAre("net.ipv4.ping_group_range=0 0"));
  EXPECT_THAT(s.default_ulimits, ElementsAre("nofile=100:200"));
  EXPECT_THAT(s.dns_servers, ElementsAre("192.0.2.1"));
  EXPECT_THAT(s.dns_searches, ElementsAre("example.org"));
  EXPECT_THAT(s.dns_options, ElementsAre("ndots:2"));
  EXPECT_THAT(s.env, ElementsAre("A=b"));
  EXPECT_FALSE(s.http_proxy);
  EXPECT_TRUE(s.init && s.no_hosts && s.read_only);
  EXPECT_EQ(s.log_driver, "json-file");
  EXPECT_EQ(s.log_max_size, 1000);
  EXPECT_EQ(s.pids_limit, 7);
  EXPECT_EQ(s.seccomp_profile, "/x.json");
  EXPECT_EQ(s.shm_size, "1m");
  EXPECT_EQ(s.timezone, "Asia/Tokyo");
  EXPECT_EQ(s.umask, "0077");
  EXPECT_THAT(s.cdi_spec_dirs, ElementsAre("/opt/cdi"));
  EXPECT_EQ(s.detach_keys, "ctrl-x");
  EXPECT_EQ(s.stop_timeout_s, 3);
  EXPECT_EQ(s.pull_policy, "newer");
}

TEST_F(ContainersConf, WhatIsPodmansIsPassedOver) {
  const auto s = read(
      "[containers]\nlog_driver = \"journald\"\nnetns = \"bridge\"\nlog_size_max = -1\npids_limit = 0\n"
      "[engine]\nruntime = \"crun\"\n[engine.runtimes]\ncrun = [\"/usr/bin/crun\"]\n[machine]\ncpus = 1\n");
  EXPECT_EQ(s.log_driver, "k8s-file");
  EXPECT_EQ(s.runtime, "");
  EXPECT_EQ(s.log_max_size, 0);
  EXPECT_EQ(s.pids_limit, -1);
}

TEST_F(ContainersConf, WrongTypesAndSyntaxAreNamedWithFileAndLine) {
  EXPECT_THAT(error_of("[containers]\ninit = \"yes\"\n"),
              HasSubstr("containers.conf:2: 'containers.init' must be true or false"));
  EXPECT_THAT(error_of("[containers]\nenv = \"A=b\"\n"), HasSubstr("'containers.env' must be a list of strings"));
  EXPECT_THAT(error_of("[containers]\nenv = [1]\n"), HasSubstr("must be a list of strings"));
  EXPECT_THAT(error_of("[engine]\n\nstop_timeout = \"3\"\n"),
              HasSubstr("containers.conf:3: 'engine.stop_timeout' must be a number of seconds"));
  EXPECT_THAT(error_of("[containers\n"), HasSubstr("containers.conf:1:"));
}

TEST_F(ContainersConf, ListsReplaceUnlessTheyAppend) {
  Settings s;
  apply_containers_conf(write("1", "[containers]\nenv = [\"A=1\"]\n"), s);
  apply_containers_conf(write("2", "[containers]\nenv = [\"B=2\", {append=true}]\n"), s);
  EXPECT_THAT(s.env, ElementsAre("A=1", "B=2"));
  apply_containers_conf(write("3", "[containers]\nenv = [\"C=3\"]\n"), s);
  EXPECT_THAT(s.env, ElementsAre("C=3"));
}

TEST_F(ContainersConf, FilesInTheOrderOfTheManual) {
  const auto b = write("etc/containers.conf.d/b.conf", ""), a = write("etc/containers.conf.d/a.conf", "");
  write("etc/containers.conf.d/README", "");
  const auto main = write("etc/containers.conf", ""), home = write("home/containers.conf", "");
  EXPECT_THAT(containers_conf_files({folder_ + "/none", folder_ + "/etc", folder_ + "/home"}),
              ElementsAre(main, a, b, home));
}

TEST_F(ContainersConf, VariablesStandForTheFiles) {
  Environment environment;
  environment.containers_conf = write("one", "[containers]\ntz = \"one\"\numask = \"0027\"\n");
  environment.containers_conf_override = write("over", "[containers]\ntz = \"over\"\n");
  Settings s;
  load_containers_conf("/nonexistent", environment, s);
  EXPECT_EQ(s.timezone, "over");
  EXPECT_EQ(s.umask, "0027");
}

TEST_F(ContainersConf, OurOwnFileKnowsAllItsKeys) {
  Settings s;
  apply_config_file(
      write("config.toml",
            "[containers]\ndefault_capabilities = [\"KILL\"]\nlog_size_max = 5\n[network]\ndefault = \"none\"\n"),
      s);
  EXPECT_THAT(s.default_capabilities, ElementsAre("KILL"));
  EXPECT_EQ(s.log_max_size, 5);
  EXPECT_EQ(s.network, "none");
  try {
    apply_config_file(write("config.toml", "[network]\ndefalt = \"none\"\n"), s);
    FAIL() << "an unknown key was taken";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("config.toml:2: unknown key 'network.defalt'"));
    EXPECT_THAT(error.hint(), HasSubstr("network.default"));
  }
}

}  // namespace
}  // namespace lichen::engine
