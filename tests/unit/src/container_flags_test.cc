// Flags of run and create -> ContainerConfig, and the combinations that are refused.
#include "src/container_flags.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "libpod/base/error.hh"
#include "src/arg_parser.hh"

namespace lichen::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

HostView host() {
  return {.working_directory = "/work",
          .home = "/home/dev",
          .environment = {"TERM=xterm", "HTTP_PROXY=http://p:3128", "EMPTY="}};
}

ContainerRequest request(std::vector<std::string> words, const char* command = "run") {
  return container_request(parse_arguments(*find_command(command), words), host(), {"lichen", "run"});
}

std::string error_of(std::vector<std::string> words) {
  try {
    request(std::move(words));
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

/// A file for --env-file; gone with the test.
class TextFile {
 public:
  explicit TextFile(const std::string& text) : path_(::testing::TempDir() + "/container_flags_test.txt") {
    std::ofstream(path_) << text;
  }
  ~TextFile() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(ContainerFlags, Defaults) {
  const auto r = request({"debian"});
  EXPECT_EQ(r.config.image_name, "debian");
  EXPECT_THAT(r.config.command, IsEmpty());
  EXPECT_EQ(r.config.network.mode, "bridge");
  EXPECT_EQ(r.config.stop_timeout_s, 10);
  EXPECT_EQ(r.config.log.driver, "k8s-file");
  EXPECT_EQ(r.config.shm_size_bytes, 64 << 20);
  EXPECT_TRUE(r.config.attach_stdout && r.config.attach_stderr);
  EXPECT_FALSE(r.config.attach_stdin);
  EXPECT_FALSE(r.gave.entrypoint || r.gave.user || r.gave.working_dir || r.gave.stop_signal);
  EXPECT_TRUE(r.sig_proxy && r.tls_verify);
  EXPECT_EQ(r.pull, "missing");
  EXPECT_THAT(r.config.create_command, ElementsAre("lichen", "run"));
}

TEST(ContainerFlags, TheConfigurationFillsWhatNoFlagSays) {
  HostView view = host();
  view.settings.default_capabilities = {"kill"};
  view.settings.default_sysctls = {"net.ipv4.ip_forward=1", "kernel.msgmax=5"};
  view.settings.default_ulimits = {"nofile=1:2", "core=0"};
  view.settings.dns_servers = {"192.0.2.1"};
  view.settings.http_proxy = false;
  view.settings.init = view.settings.read_only = true;
  view.settings.log_max_size = 9;
  view.settings.pids_limit = 7;
  view.settings.pull_policy = "never";
  view.settings.shm_size = "1m";
  view.settings.timezone = "Asia/Tokyo";
  view.settings.umask = "77";
  view.settings.env = {"A=conf"};
  const auto with = [&](std::vector<std::string> words) {
    return container_request(parse_arguments(*find_command("run"), words), view, {"lichen", "run"});
  };
  const auto r = with({"img"});
  EXPECT_THAT(r.config.base_capabilities, ElementsAre("CAP_KILL"));
  EXPECT_THAT(r.config.sysctls, ElementsAre(Pair("kernel.msgmax", "5"), Pair("net.ipv4.ip_forward", "1")));
  EXPECT_EQ(r.config.ulimits.size(), 2u);
  EXPECT_THAT(r.config.network.dns, ElementsAre("192.0.2.1"));
  EXPECT_THAT(r.config.env, IsEmpty());
  EXPECT_THAT(r.gave.base_env, ElementsAre("A=conf"));
  EXPECT_TRUE(r.config.init && r.config.read_only);
  EXPECT_EQ(r.config.log.max_size_bytes, 9);
  EXPECT_EQ(r.config.resources.pids_limit, 7);
  EXPECT_EQ(r.config.shm_size_bytes, 1 << 20);
  EXPECT_EQ(r.config.timezone, "Asia/Tokyo");
  EXPECT_EQ(r.config.umask, "0077");
  EXPECT_EQ(r.pull, "never");

  const auto g = with({"--network=host", "--ulimit=nofile=5", "--http-proxy", "--init=false", "--log-opt=max-size=1k",
                       "--pids-limit=3", "--shm-size=2m", "--tz=local", "--umask=0", "--pull=always", "img"});
  EXPECT_THAT(g.config.sysctls, ElementsAre(Pair("kernel.msgmax", "5")));
  ASSERT_EQ(g.config.ulimits.size(), 2u);
  EXPECT_EQ(g.config.ulimits[0].soft, 5);
  EXPECT_THAT(g.config.env, ElementsAre("HTTP_PROXY=http://p:3128"));
  EXPECT_FALSE(g.config.init);
  EXPECT_EQ(g.config.log.max_size_bytes, 1024);
  EXPECT_EQ(g.config.resources.pids_limit, 3);
  EXPECT_EQ(g.config.shm_size_bytes, 2 << 20);
  EXPECT_EQ(g.config.timezone, "local");
  EXPECT_EQ(g.config.umask, "0000");
  EXPECT_EQ(g.pull, "always");
}

TEST(ContainerFlags, UserNamespaces) {
  EXPECT_EQ(request({"--userns=host", "img"}).config.userns, "host");
  EXPECT_EQ(request({"--userns=private", "img"}).config.userns, "");
  for (const char* mode : {"keep-id", "keep-id:uid=5", "nomap", "auto", "container:x"})
    EXPECT_EQ(request({"--userns", mode, "img"}).config.userns, mode);
  EXPECT_THAT(error_of({"--userns=nonsense", "img"}), HasSubstr("no such mode"));
}

TEST(ContainerFlags, EnvironmentInDockersOrder) {
  const TextFile file("A=file\nTERM\n# comment\nB=file\n");
  const auto r =
      request({"--http-proxy=false", "--env-file", file.path(), "-e", "B=flag", "-e", "EMPTY", "-e", "UNSET", "img"});
  EXPECT_THAT(r.config.env, ElementsAre("A=file", "TERM=xterm", "B=flag", "EMPTY="));
  EXPECT_THAT(request({"img"}).config.env, ElementsAre("HTTP_PROXY=http://p:3128"));
  EXPECT_THAT(request({"-e", "HTTP_PROXY=x", "img"}).config.env, ElementsAre("HTTP_PROXY=x"));
  EXPECT_THAT(error_of({"--env-file", "/nonexistent", "img"}),
              HasSubstr("read --env-file '/nonexistent': No such file"));
}

TEST(ContainerFlags, EntrypointForms) {
  EXPECT_THAT(request({"--entrypoint", "/bin/sh -c", "img"}).config.entrypoint, ElementsAre("/bin/sh -c"));
  EXPECT_THAT(request({"--entrypoint", R"(["sh","-c"])", "img", "x"}).config.entrypoint, ElementsAre("sh", "-c"));
  const auto cleared = request({"--entrypoint=", "img", "x"});
  EXPECT_THAT(cleared.config.entrypoint, IsEmpty());
  EXPECT_TRUE(cleared.gave.entrypoint);
  EXPECT_THAT(error_of({"--entrypoint", "[1]", "img"}), HasSubstr("--entrypoint"));
}

TEST(ContainerFlags, PathsBecomeAbsolute) {
  const auto r = request({"-v", "./d:/d", "-v", "~/h:/h", "-v", "vol:/v", "--cidfile", "c", "--pidfile", "/p",
                          "--security-opt", "seccomp=prof.json", "img"});
  EXPECT_EQ(r.config.mounts[0].source, "/work/d");
  EXPECT_EQ(r.config.mounts[1].source, "/home/dev/h");
  EXPECT_EQ(r.config.mounts[2].source, "vol");
  EXPECT_EQ(r.config.cidfile, "/work/c");
  EXPECT_EQ(r.config.pidfile, "/p");
  EXPECT_EQ(r.config.seccomp_profile, "/work/prof.json");
  EXPECT_EQ(request({"--security-opt", "seccomp=unconfined", "img"}).config.seccomp_profile, "unconfined");
  EXPECT_EQ(request({"--rootfs", "tree", "ls"}).config.rootfs_path, "/work/tree");
}

TEST(ContainerFlags, Attachment) {
  const auto detached = request({"-d", "-i", "img"});
  EXPECT_TRUE(detached.detach && detached.config.interactive);
  EXPECT_FALSE(detached.config.attach_stdin || detached.config.attach_stdout);
  const auto chosen = request({"-a", "stdout", "img"});
  EXPECT_TRUE(chosen.config.attach_stdout);
  EXPECT_FALSE(chosen.config.attach_stderr);
  EXPECT_TRUE(request({"-it", "img"}).config.attach_stdin);
  EXPECT_THAT(error_of({"-a", "stdinn", "img"}), HasSubstr("--attach 'stdinn': must be stdin, stdout or stderr"));
}

TEST(ContainerFlags, Values) {
  const auto r = request({"-m",
                          "64m",
                          "--cpus",
                          "1.5",
                          "--pids-limit",
                          "0",
                          "--shm-size",
                          "1g",
                          "--ulimit",
                          "nofile=10:20",
                          "--cap-add",
                          "net_raw,SYS_TIME",
                          "--cap-drop",
                          "all",
                          "--sysctl",
                          "net.ipv4.ip_forward=1",
                          "-l",
                          "a=b",
                          "-l",
                          "c",
                          "-p",
                          "8080:80",
                          "--expose",
                          "90",
                          "--stop-signal",
                          "15",
                          "--umask",
                          "77",
                          "--device",
                          "/dev/null",
                          "--restart",
                          "on-failure:3",
                          "-h",
                          "box",
                          "--stop-timeout",
                          "2",
                          "--userns",
                          "private",
                          "img",
                          "cmd",
                          "arg"});
  EXPECT_EQ(r.config.resources.memory_bytes, 64 << 20);
  EXPECT_EQ(r.config.resources.nano_cpus, 1500000000);
  EXPECT_EQ(r.config.resources.pids_limit, -1);
  EXPECT_EQ(r.config.shm_size_bytes, 1 << 30);
  EXPECT_EQ(r.config.ulimits[0].hard, 20);
  EXPECT_THAT(r.config.cap_add, ElementsAre("CAP_NET_RAW", "CAP_SYS_TIME"));
  EXPECT_THAT(r.config.cap_drop, ElementsAre("ALL"));
  EXPECT_THAT(r.config.sysctls, ElementsAre(Pair("net.ipv4.ip_forward", "1")));
  EXPECT_THAT(r.config.labels, ElementsAre(Pair("a", "b"), Pair("c", "")));
  EXPECT_EQ(r.config.network.ports[0].host_port, 8080);
  EXPECT_THAT(r.config.network.expose, ElementsAre("90/tcp"));
  EXPECT_EQ(r.config.stop_signal, "SIGTERM");
  EXPECT_TRUE(r.gave.stop_signal);
  EXPECT_EQ(r.config.umask, "0077");
  EXPECT_EQ(r.config.devices[0].host_path, "/dev/null");
  EXPECT_EQ(r.config.restart_max_retries, 3);
  EXPECT_EQ(r.config.hostname, "box");
  EXPECT_EQ(r.config.stop_timeout_s, 2);
  EXPECT_EQ(r.config.userns, "");
  EXPECT_THAT(r.config.command, ElementsAre("cmd", "arg"));
}

TEST(ContainerFlags, LabelFile) {
  const TextFile file("a=file\nb\n");
  EXPECT_THAT(request({"--label-file", file.path(), "-l", "a=flag", "img"}).config.labels,
              ElementsAre(Pair("a", "flag"), Pair("b", "")));
}

TEST(ContainerFlags, CreateHasNoDetach) {
  const auto r = request({"-t", "img"}, "create");
  EXPECT_FALSE(r.detach);
  EXPECT_TRUE(r.config.attach_stdout && r.config.tty);
}

TEST(ContainerFlags, RefusedCombinations) {
  EXPECT_EQ(error_of({"-d", "-a", "stdout", "img"}), "conflicting options: cannot specify both --attach and --detach");
  EXPECT_EQ(error_of({"--rm", "--restart", "always", "img"}),
            "conflicting options: cannot specify both --restart and --rm");
  EXPECT_EQ(error_of({"--rm", "--restart", "no", "-d", "img"}), "no error");
  EXPECT_EQ(error_of({"--no-hosts", "--add-host", "a:1.2.3.4", "img"}),
            "conflicting options: cannot specify both --add-host and --no-hosts");
  EXPECT_EQ(error_of({"--network", "container:x", "-p", "1:1", "img"}),
            "conflicting options: cannot specify both --publish and --network container:x");
  EXPECT_EQ(error_of({"--network", "container:x", "--hostname", "h", "img"}),
            "conflicting options: cannot specify both --hostname and --network container:x");
  EXPECT_EQ(error_of({"--replace", "img"}), "--replace needs --name: it says which container to replace");
  EXPECT_EQ(error_of({"-v", "/a:/x", "--tmpfs", "/x", "img"}), "duplicate mount point: /x");
  EXPECT_THAT(error_of({"--network", "a", "--network", "host", "img"}), HasSubstr("cannot be used together"));
  EXPECT_THAT(error_of({"--network", "host", "--ip", "10.1.2.3", "img"}), HasSubstr("--ip needs a network"));
  EXPECT_THAT(error_of({"--network", "host", "--sysctl", "net.ipv4.ip_forward=1", "img"}),
              HasSubstr("net.ipv4.ip_forward"));
  EXPECT_THAT(error_of({"-w", "rel", "img"}), HasSubstr("--workdir 'rel': the path must be absolute"));
  EXPECT_THAT(error_of({"--oom-score-adj", "2000", "img"}), HasSubstr("between -1000 and 1000"));
}

}  // namespace
}  // namespace lichen::cli
