#include "libpod/spec/pod_config.hh"

#include <gmock/gmock.h>

#include "libpod/base/error.hh"

namespace lichen::spec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

PodConfig pod_with(std::vector<std::string> shared) {
  PodConfig pod;
  pod.id = std::string(64, 'a');
  pod.name = "app";
  pod.created = "2026-11-21T00:00:00.000000000Z";
  pod.holder_id = std::string(64, 'b');
  pod.shared = std::move(shared);
  pod.settings.id = pod.id;
  pod.settings.hostname = "app";
  return pod;
}

ContainerConfig container() {
  ContainerConfig config;
  config.id = std::string(64, 'c');
  config.network.mode = "slirp4netns";
  return config;
}

std::string refusal(const PodConfig& pod, const std::set<std::string>& gave) {
  auto config = container();
  config.sysctls = {{"net.ipv4.ip_default_ttl", "9"}, {"kernel.shmmax", "1"}};
  try {
    join_pod(config, pod, gave);
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_FALSE(error.hint().empty());
    return error.what();
  }
}

TEST(PodConfig, RecordsComeBack) {
  auto pod = pod_with({"ipc", "net"});
  pod.labels = {{"a", "b"}};
  pod.create_command = {"lichen", "pod", "create"};
  pod.exit_policy = "stop";
  pod.share_parent = false;
  pod.holder_name = "held";
  pod.settings.resources.memory_bytes = 1 << 20;
  pod.settings.network.ports = {{"", 8080, 80, "tcp"}};
  const auto read = pod_config_from_json(to_json(pod), "test");
  EXPECT_EQ(to_json(read), to_json(pod));
  EXPECT_EQ(read.settings.network.ports[0].host_port, 8080);
  auto json = to_json(pod);
  json["version"] = 2;
  EXPECT_THROW(pod_config_from_json(json, "test"), Error);
  json = to_json(pod);
  json["id"] = "short";
  EXPECT_THROW(pod_config_from_json(json, "test"), Error);
  json.erase("settings");
  EXPECT_THROW(pod_config_from_json(json, "test"), Error);
  EXPECT_THROW(pod_config_from_json(Json::array(), "test"), Error);
}

TEST(PodConfig, Share) {
  EXPECT_THAT(parse_share_option("+"), ElementsAre("ipc", "net", "uts"));
  EXPECT_THAT(parse_share_option("+pid"), ElementsAre("ipc", "net", "pid", "uts"));
  EXPECT_THAT(parse_share_option("uts,net,uts"), ElementsAre("net", "uts"));
  EXPECT_THAT(parse_share_option("none"), IsEmpty());
  EXPECT_THAT(parse_share_option(""), IsEmpty());
  for (const char* text : {"foo", "net,", "none,net", "user", "+foo"}) EXPECT_THROW(parse_share_option(text), Error);
  EXPECT_THROW(parse_exit_policy("never"), Error);
  EXPECT_THROW(parse_init_container(""), Error);
}

TEST(PodConfig, MembersJoinTheHolder) {
  const auto pod = pod_with({"cgroup", "ipc", "net", "pid", "uts"});
  auto config = container();
  config.hostname = "";
  config.sysctls = {{"net.ipv4.ping_group_range", "0 1"}};
  join_pod(config, pod, {});
  const std::string holder = "container:" + pod.holder_id;
  EXPECT_EQ(config.pod_id, pod.id);
  EXPECT_EQ(config.network.mode, "container");
  EXPECT_EQ(config.network.target, pod.holder_id);
  EXPECT_THAT(config.sysctls, IsEmpty());  // the default is the holder's business
  for (const auto& mode : {config.ipc_mode, config.uts_mode, config.pid_mode, config.cgroupns_mode})
    EXPECT_EQ(mode, holder);
}

TEST(PodConfig, WhatIsNotSharedStaysTheMembers) {
  auto config = container();
  config.hostname = "own";
  join_pod(config, pod_with({}), {"hostname", "publish", "network"});
  EXPECT_EQ(config.network.mode, "slirp4netns");
  EXPECT_EQ(config.hostname, "own");
  EXPECT_EQ(config.ipc_mode, "");
  config = container();
  config.ipc_mode = "private";
  join_pod(config, pod_with({"ipc", "net", "uts"}), {"ipc"});
  EXPECT_EQ(config.ipc_mode, "private");
  auto alone = pod_with({"ipc", "net", "uts"});
  alone.holder_id.clear();
  config = container();
  join_pod(config, alone, {"publish"});
  EXPECT_EQ(config.network.mode, "slirp4netns");
  EXPECT_EQ(config.uts_mode, "");
}

TEST(PodConfig, TheHostsNamespacesAreTakenDirectly) {
  auto pod = pod_with({"net", "pid", "uts"});
  pod.settings.network.mode = "host";
  pod.settings.pid_mode = pod.settings.uts_mode = "host";
  auto config = container();
  join_pod(config, pod, {});
  EXPECT_EQ(config.network.mode, "host");
  EXPECT_EQ(config.pid_mode, "host");
  EXPECT_EQ(config.uts_mode, "host");
}

TEST(PodConfig, FlagsOfSharedNamespacesAreRefused) {
  const auto pod = pod_with({"ipc", "net", "uts"});
  for (const char* flag : {"publish", "network", "dns", "add-host", "ip", "no-hosts", "expose"})
    EXPECT_THAT(refusal(pod, {flag}), HasSubstr(std::string("--") + flag));
  EXPECT_THAT(refusal(pod, {"hostname"}), HasSubstr("uts"));
  EXPECT_EQ(refusal(pod, {"hostname", "uts"}), "");
  EXPECT_THAT(refusal(pod, {"userns"}), HasSubstr("--userns and --pod"));
  EXPECT_THAT(refusal(pod, {"sysctl"}), HasSubstr("--sysctl"));
  EXPECT_THAT(refusal(pod_with({"ipc"}), {"sysctl"}), HasSubstr("ipc"));
  EXPECT_EQ(refusal(pod_with({"uts"}), {"sysctl", "publish"}), "");
}

TEST(PodConfig, MembersTakeOverWhatTheyHaveNotOfTheirOwn) {
  auto pod = pod_with({"net"});
  pod.settings.restart = RestartPolicy::always;
  pod.settings.mounts = {{.source = "/pod", .destination = "/data"}, {.source = "/more", .destination = "/more"}};
  pod.settings.security_opt = {"no-new-privileges"};
  pod.settings.no_new_privileges = true;
  pod.settings.userns = "keep-id";
  pod.settings.resources.memory_bytes = 1 << 20;
  auto config = container();
  config.mounts = {{.source = "/own", .destination = "/data"}};
  join_pod(config, pod, {});
  ASSERT_EQ(config.mounts.size(), 2u);
  EXPECT_EQ(config.mounts[0].source, "/own");
  EXPECT_EQ(config.mounts[1].source, "/more");
  EXPECT_TRUE(config.no_new_privileges);
  EXPECT_EQ(config.restart, RestartPolicy::always);
  EXPECT_EQ(config.userns, "container:" + pod.holder_id);
  EXPECT_EQ(config.cgroup_parent, "pod-aaaaaaaaaaaa");
  EXPECT_EQ(config.resources.memory_bytes, std::nullopt);  // the limit is of all together
  auto own = container();
  own.restart = RestartPolicy::no;
  own.cgroup_parent = "mine";
  join_pod(own, pod, {"restart", "security-opt"});
  EXPECT_EQ(own.restart, RestartPolicy::no);
  EXPECT_FALSE(own.no_new_privileges);
  EXPECT_EQ(own.cgroup_parent, "mine");
  auto once = container();
  once.init_container = "once";
  join_pod(once, pod, {});
  EXPECT_EQ(once.restart, RestartPolicy::no);
}

TEST(PodConfig, TheHolderHasTheNamespacesAndNothingElse) {
  auto pod = pod_with({"ipc", "net", "uts"});
  pod.settings.mounts = {{.source = "/x", .destination = "/y"}};
  pod.settings.network.ports = {{"", 8080, 80, "tcp"}};
  pod.settings.shm_size_bytes = 5;
  const auto holder = holder_config(pod, "/root/fs");
  EXPECT_TRUE(holder.holder);
  EXPECT_EQ(holder.id, pod.holder_id);
  EXPECT_EQ(holder.name, "aaaaaaaaaaaa-infra");
  EXPECT_EQ(holder.pod_id, pod.id);
  EXPECT_EQ(holder.hostname, "app");
  EXPECT_EQ(holder.network.ports.size(), 1u);
  EXPECT_EQ(holder.shm_size_bytes, 5);
  EXPECT_THAT(holder.mounts, IsEmpty());
  EXPECT_TRUE(holder.read_only && holder.no_new_privileges);
  EXPECT_THAT(holder.cap_drop, ElementsAre("ALL"));
  EXPECT_EQ(holder_config(pod_with({"uts"}), "/x").network.mode, "none");
}

TEST(PodConfig, StatesAreThoseOfPodman) {
  EXPECT_EQ(pod_state({}), "Created");
  EXPECT_EQ(pod_state({.all = 2}), "Created");
  EXPECT_EQ(pod_state({.all = 2, .running = 2}), "Running");
  EXPECT_EQ(pod_state({.all = 2, .running = 1, .exited = 1}), "Degraded");
  EXPECT_EQ(pod_state({.all = 2, .running = 1}), "Degraded");
  EXPECT_EQ(pod_state({.all = 2, .paused = 2}), "Paused");
  EXPECT_EQ(pod_state({.all = 2, .exited = 2}), "Exited");
  EXPECT_EQ(pod_state({.all = 2, .exited = 1}), "Stopped");
  EXPECT_EQ(pod_state({.all = 2, .other = 1}), "Error");
}

}  // namespace
}  // namespace lichen::spec
