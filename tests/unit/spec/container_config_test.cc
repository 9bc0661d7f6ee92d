#include "libpod/spec/container_config.hh"

#include "tests/unit/spec/expect_error.hh"

namespace lichen::spec {
namespace {

const std::string kId(64, 'a');

// Every member with a value that differs from its initial one.
constexpr const char* kFull = R"({
  "name": "web", "created": "2024-01-02T03:04:05Z", "image_id": "b", "image_name": "x:1", "rootfs_path": "/r",
  "create_command": ["run"], "hostname": "h", "domainname": "d", "labels": {"a": ""}, "annotations": {"b": "c"},
  "entrypoint": ["e"], "command": ["c", ""], "env": ["A=1"], "user": "u", "groups": ["g"], "working_dir": "/w",
  "interactive": true, "tty": true, "attach_stdin": true, "attach_stdout": true, "attach_stderr": true, "umask": "",
  "timezone": "UTC", "stop_signal": "", "stop_timeout_s": 0, "detach_keys": "x", "init": true, "userns": "nomap",
  "uid_map": [{"container": 1, "host": 2, "size": 3}], "gid_map": [{"container": 4, "host": 5, "size": 6}],
  "pid_mode": "host", "ipc_mode": "host", "uts_mode": "host", "cgroupns_mode": "host", "privileged": true,
  "cap_add": ["ALL"], "cap_drop": ["ALL"], "security_opt": ["x"], "no_new_privileges": true,
  "seccomp_profile": "unconfined", "apparmor_profile": "a", "selinux_label": "disable", "unmask": ["ALL"],
  "mask": ["/x"], "sysctls": {"net.x": "1"}, "ulimits": [{"name": "nofile", "soft": -1, "hard": -1}],
  "resources": {"memory_bytes": 0, "cpuset_cpus": "0", "pids_limit": -1}, "oom_score_adj": 0, "cgroup_parent": "p",
  "devices": [{"host_path": "/dev/a", "container_path": "/dev/b", "permissions": "r"}], "read_only": true,
  "read_only_tmpfs": true,
  "mounts": [{"type": "tmpfs", "source": "s", "destination": "/d", "read_only": true, "anonymous": true, "no_copy": true,
    "create_source": true, "non_recursive": true, "read_only_submounts": "writable", "relabel": "shared",
    "tmp_copy_up": true, "from_image": true, "chown": true, "subpath": "p", "propagation": "rslave",
    "tmpfs_size": 18446744073709551615, "tmpfs_mode": 0, "options": ["noexec"]}],
  "shm_size_bytes": 0,
  "network": {"mode": "", "target": "t", "options": ["o"], "dns": ["1.1.1.1"], "dns_search": ["s"], "dns_options": ["o"],
    "extra_hosts": [["h", "1.2.3.4"]], "ports": [{"host_ip": "::", "host_port": 65535, "container_port": 80, "protocol": "udp"}],
    "expose": ["80/tcp"], "publish_all": true, "no_hosts": true},
  "log": {"driver": "none", "max_size_bytes": 1, "max_files": 0, "options": {"a": "b"}},
  "auto_remove": true, "restart": "unless-stopped", "restart_max_retries": 2, "runtime": "crun", "pidfile": "/p",
  "cidfile": "/c", "platform": "linux/arm64", "storage_driver": "vfs",
  "healthcheck": {"test": ["NONE"], "interval_ns": 1, "timeout_ns": 2, "start_period_ns": 3, "start_interval_ns": 4, "retries": 5},
  "pod_id": "p"})";

TEST(ContainerConfig, EveryMemberSurvives) {
  Json json = {{"version", 1}, {"id", kId}};
  const Json full = parse_json(kFull, "test");
  for (const auto& [key, value] : full.items()) json[key] = value;
  const Json again = to_json(container_config_from_json(json, "config.json"));
  // nlohmann compares ordered objects by order too: compare member by member to name the one that is lost.
  for (const auto& [key, value] : json.items()) {
    ASSERT_TRUE(again.contains(key)) << key;
    EXPECT_EQ(again[key], value) << key;
  }
  for (const auto& [key, value] : again.items()) EXPECT_TRUE(json.contains(key)) << key << " is not in this test";
}

TEST(ContainerConfig, DefaultsAreStable) {
  ContainerConfig config;
  config.id = kId;
  const Json json = to_json(config);
  EXPECT_EQ(dump_json(to_json(container_config_from_json(json, "x"))), dump_json(json));
  EXPECT_EQ(json.value("version", 0), 1);
  EXPECT_FALSE(json.contains("labels"));
  EXPECT_EQ(json.value("stop_timeout_s", 0), 10);
}

TEST(ContainerConfig, Errors) {
  const std::string id = R"("id":")" + kId + '"';
  const std::pair<std::string, const char*> rows[] = {
      {"[]", "config.json: must be an object"},
      {"{}", "config.json: version is missing"},
      {R"({"version":"1"})", "config.json: version must be a whole number"},
      {R"({"version":2})", "this lichen knows versions up to 1"},
      {R"({"version":0})", "this lichen knows versions up to 1"},
      {R"({"version":1})", "config.json: id must be 64 hex digits"},
      {R"({"version":1,"id":"../../x"})", "config.json: id must be 64 hex digits"},
      {R"({"version":1,)" + id + R"(,"tty":1})", "config.json: tty must be true or false"},
      {R"({"version":1,)" + id + R"(,"mounts":[{"type":"zfs"}]})",
       "config.json: mounts[0].type has a value that is not known"},
      {R"({"version":1,)" + id + R"(,"network":{"ports":[{"host_port":65536}]}})",
       "network.ports[0].host_port must be at most 65535"},
      {R"({"version":1,)" + id + R"(,"network":{"extra_hosts":[["a"]]}})",
       "extra_hosts[0] must be a list of two strings"},
      {R"({"version":1,)" + id + R"(,"network":[]})", "config.json: network must be an object"},
      {R"({"version":1,)" + id + R"(,"resources":{"memory_bytes":1.5}})",
       "resources.memory_bytes must be a whole number"},
  };
  for (const auto& [text, expected] : rows)
    expect_error(
        ErrorKind::invalid, expected, [&, t = text] { container_config_from_json(parse_json(t, "t"), "config.json"); },
        text);
}

}  // namespace
}  // namespace lichen::spec
