#include "libpod/spec/oci_spec.hh"

#include "tests/unit/spec/expect_error.hh"

namespace lichen::spec {
namespace {

// Every member that we model, in the order in which we write.
constexpr const char* kFull = R"({"ociVersion":"1.2.0",
"process":{"terminal":true,"consoleSize":{"height":24,"width":80},
  "user":{"uid":1,"gid":2,"umask":18,"additionalGids":[2,4294967295]},"args":["sh",""],"env":["A=1"],"cwd":"/w",
  "capabilities":{"bounding":["CAP_CHOWN"],"effective":["CAP_CHOWN"],"inheritable":[],"permitted":["CAP_CHOWN"],"ambient":[]},
  "rlimits":[{"type":"RLIMIT_NOFILE","hard":18446744073709551615,"soft":1}],"noNewPrivileges":true,
  "apparmorProfile":"a","selinuxLabel":"l","oomScoreAdj":-5,"scheduler":{"policy":"SCHED_OTHER"},
  "ioPriority":{"class":"IOPRIO_CLASS_IDLE","priority":0},"execCPUAffinity":{"initial":"0"}},
"root":{"path":"rootfs","readonly":true},"hostname":"h","domainname":"d",
"mounts":[{"destination":"/p","type":"proc","source":"proc","options":["ro"],
  "uidMappings":[{"containerID":0,"hostID":1000,"size":1}],"gidMappings":[{"containerID":0,"hostID":1000,"size":1}]}],
"hooks":{"prestart":[{"path":"/h","args":["h"],"env":["A=1"],"timeout":5}],"createRuntime":[{"path":"/a"}],
  "createContainer":[{"path":"/b"}],"startContainer":[{"path":"/c"}],"poststart":[{"path":"/d"}],"poststop":[{"path":"/e"}]},
"annotations":{"k":"v"},
"linux":{"namespaces":[{"type":"pid"},{"type":"network","path":"/n"}],
  "uidMappings":[{"containerID":0,"hostID":1000,"size":1}],"gidMappings":[{"containerID":0,"hostID":1000,"size":1}],
  "timeOffsets":{"boottime":{"secs":-1,"nanosecs":5}},
  "devices":[{"path":"/dev/f","type":"c","major":10,"minor":229,"fileMode":438,"uid":0,"gid":0},{"path":"/dev/p","type":"p"}],
  "cgroupsPath":"/c",
  "resources":{"devices":[{"allow":false,"type":"c","major":-1,"minor":0,"access":"rwm"}],
    "memory":{"limit":-1,"reservation":2,"swap":3,"kernel":4,"kernelTCP":5,"swappiness":6,"disableOOMKiller":true,
      "useHierarchy":false,"checkBeforeUpdate":true},
    "cpu":{"shares":1,"quota":-1,"burst":3,"period":4,"realtimeRuntime":5,"realtimePeriod":6,"idle":1,"cpus":"0-1","mems":"0"},
    "pids":{"limit":-1},
    "blockIO":{"weight":10,"leafWeight":11,"weightDevice":[{"major":8,"minor":0,"weight":1,"leafWeight":2}],
      "throttleReadBpsDevice":[{"major":8,"minor":0,"rate":1}],"throttleWriteBpsDevice":[{"major":8,"minor":0,"rate":2}],
      "throttleReadIOPSDevice":[{"major":8,"minor":0,"rate":3}],"throttleWriteIOPSDevice":[{"major":8,"minor":0,"rate":4}]},
    "hugepageLimits":[{"pageSize":"2MB","limit":5}],
    "network":{"classID":1,"priorities":[{"name":"eth0","priority":2}]},"rdma":{"mlx5_1":{"hcaHandles":3}},
    "unified":{"memory.high":"1"}},
  "intelRdt":{"closID":"x"},"sysctl":{"net.x":"1"},
  "seccomp":{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"architectures":["SCMP_ARCH_X86_64"],
    "flags":["SECCOMP_FILTER_FLAG_LOG"],"listenerPath":"/s","listenerMetadata":"m",
    "syscalls":[{"names":["clone"],"action":"SCMP_ACT_ALLOW","errnoRet":1,
      "args":[{"index":0,"value":18446744073709551615,"valueTwo":2,"op":"SCMP_CMP_MASKED_EQ"}]}]},
  "rootfsPropagation":"rslave","maskedPaths":["/m"],"readonlyPaths":["/r"],"mountLabel":"l",
  "personality":{"domain":"LINUX32","flags":["x"]}}})";

TEST(OciSpec, EveryMemberSurvives) {
  const Json json = parse_json(kFull, "full");
  const std::string again = dump_json(to_json(oci_spec_from_json(json, "config.json")));
  EXPECT_EQ(again, dump_json(json));
}

TEST(OciSpec, Sections) {
  const Json full = parse_json(kFull, "full");
  EXPECT_EQ(to_json(oci_process_from_json(full["process"], "p")), full["process"]);
  EXPECT_EQ(to_json(oci_resources_from_json(full["linux"]["resources"], "r")), full["linux"]["resources"]);
}

TEST(OciSpec, SmallAndUnknown) {
  const auto spec = oci_spec_from_json(parse_json(R"({"ociVersion":"1.0.2-dev","vm":{},"windows":1})", "x"), "x");
  EXPECT_FALSE(spec.process || spec.root || spec.linux_);
  EXPECT_EQ(dump_json(to_json(spec)), R"({"ociVersion":"1.0.2-dev"})");
}

TEST(OciSpec, Errors) {
  const std::pair<const char*, const char*> rows[] = {
      {"[]", "c: must be an object"},
      {"{}", "c: ociVersion is missing"},
      {R"({"ociVersion":2})", "c: ociVersion must be a string"},
      {R"({"ociVersion":"2.0"})", "must be 1.x"},
      {R"({"ociVersion":"1.0","process":[]})", "c: process must be an object"},
      {R"({"ociVersion":"1.0","process":{}})", "c: process.cwd is missing"},
      {R"({"ociVersion":"1.0","process":{"cwd":"x"}})", "c: process.cwd must be an absolute path"},
      {R"({"ociVersion":"1.0","process":{"cwd":"/","args":[1]}})", "c: process.args[0] must be a string"},
      {R"({"ociVersion":"1.0","process":{"cwd":"/","args":["a\u0000b"]}})", "process.args[0] must not hold a NUL byte"},
      {R"({"ociVersion":"1.0","process":{"cwd":"/","user":{"uid":4294967296}}})",
       "process.user.uid must be at most 4294967295"},
      {R"({"ociVersion":"1.0","process":{"cwd":"/","user":{"uid":-1}}})", "process.user.uid must be a whole number"},
      {R"({"ociVersion":"1.0","process":{"cwd":"/","user":{"uid":"0"}}})", "process.user.uid must be a whole number"},
      {R"({"ociVersion":"1.0","process":{"cwd":"/","user":{"additionalGids":[4294967296]}}})",
       "additionalGids[0] must be at most"},
      {R"({"ociVersion":"1.0","process":{"cwd":"/","oomScoreAdj":3000000000}})", "process.oomScoreAdj must be between"},
      {R"({"ociVersion":"1.0","process":{"cwd":"/","rlimits":[{"type":"X","soft":1}]}})",
       "process.rlimits[0].hard is missing"},
      {R"({"ociVersion":"1.0","process":{"cwd":"/","terminal":"yes"}})", "process.terminal must be true or false"},
      {R"({"ociVersion":"1.0","root":{}})", "c: root.path is missing"},
      {R"({"ociVersion":"1.0","mounts":[{}]})", "c: mounts[0].destination is missing"},
      {R"({"ociVersion":"1.0","mounts":[null]})", "c: mounts[0] must be an object"},
      {R"({"ociVersion":"1.0","mounts":{}})", "c: mounts must be a list"},
      {R"({"ociVersion":"1.0","hooks":{"prestart":[{"path":"x"}]}})",
       "hooks.prestart[0].path must be an absolute path"},
      {R"({"ociVersion":"1.0","hooks":{"poststop":[{"path":"/x","timeout":0}]}})", "timeout must be greater than 0"},
      {R"({"ociVersion":"1.0","annotations":{"a":1}})", "c: annotations.a must be a string"},
      {R"({"ociVersion":"1.0","linux":{"namespaces":[{}]}})", "linux.namespaces[0].type is missing"},
      {R"({"ociVersion":"1.0","linux":{"uidMappings":[{"containerID":0,"hostID":0,"size":0}]}})",
       "size must be at least 1"},
      {R"({"ociVersion":"1.0","linux":{"uidMappings":[{"containerID":0,"hostID":0}]}})", "size is missing"},
      {R"({"ociVersion":"1.0","linux":{"devices":[{"path":"/d","type":"x"}]}})", "type must be c, b, u or p"},
      {R"({"ociVersion":"1.0","linux":{"devices":[{"path":"/d","type":"c"}]}})", "major is missing"},
      {R"({"ociVersion":"1.0","linux":{"resources":{"devices":[{"access":"rx"}]}}})", "access must be made of"},
      {R"({"ociVersion":"1.0","linux":{"resources":{"unified":{"../x":"1"}}}})", "names of files of a cgroup"},
      {R"({"ociVersion":"1.0","linux":{"resources":{"blockIO":{"weight":65536}}}})",
       "blockIO.weight must be at most 65535"},
      {R"({"ociVersion":"1.0","linux":{"seccomp":{}}})", "linux.seccomp.defaultAction is missing"},
      {R"({"ociVersion":"1.0","linux":{"seccomp":{"defaultAction":"A","syscalls":[{"action":"A"}]}}})",
       "names must name at least one"},
      {R"({"ociVersion":"1.0","linux":{"seccomp":{"defaultAction":"A","syscalls":[{"names":["x"],"action":"A","args":[{"index":6,"value":0,"op":"SCMP_CMP_EQ"}]}]}}})",
       "args[0].index must be at most 5"},
      {R"({"ociVersion":"1.0","linux":{"timeOffsets":{"boottime":1}}})",
       "linux.timeOffsets.boottime must be an object"},
  };
  for (const auto& [text, expected] : rows)
    expect_error(
        ErrorKind::invalid, expected, [&, t = text] { oci_spec_from_json(parse_json(t, "t"), "c"); }, text);
}

}  // namespace
}  // namespace lichen::spec
