// Namespaces by type and path, host name, sysctls, user namespaces in ours.
#include "tests/runtime/box.hh"

namespace lichen::test {
namespace {

using ::testing::HasSubstr;

class Namespaces : public Box {
 protected:
  std::string inside(const std::string& name) { return std::string(trim(sh("readlink /proc/self/ns/" + name).out)); }
  static std::string ours(const std::string& name) { return sys::read_link("/proc/self/ns/" + name).value_or(""); }
};

TEST_F(Namespaces, NewOnesDifferAbsentOnesAreInherited) {
  for (const std::string name : {"pid", "ipc", "uts", "mnt", "cgroup"}) EXPECT_NE(inside(name), ours(name)) << name;
  for (const std::string name : {"user", "net"}) EXPECT_EQ(inside(name), ours(name)) << name;
}

TEST_F(Namespaces, JoinsByPath) {
  ASSERT_EQ(start_sleeper().code, 0);
  const auto pid = state("c")["pid"].get<int>();
  for (const std::string type : {"pid", "ipc", "uts"}) {
    for (auto& entry : linux_section().namespaces)
      if (entry.type == type) entry.path = format("/proc/{}/ns/{}", pid, type);
  }
  spec_.hostname.clear();
  const Output result =
      sh("readlink /proc/self/ns/ipc; readlink /proc/self/ns/pid; hostname; ps | grep -c 'sleep 1000'");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr(*sys::read_link(format("/proc/{}/ns/ipc", pid))));
  EXPECT_THAT(result.out, HasSubstr(*sys::read_link(format("/proc/{}/ns/pid", pid))));
  EXPECT_THAT(result.out, HasSubstr("\nbox\n"));
}

TEST_F(Namespaces, RefusesWhatIsNotSuchANamespace) {
  linux_section().namespaces[1].path = "/dev/null";
  EXPECT_THAT(run({"true"}).err, HasSubstr("open namespace '/dev/null': it is not a namespace"));
  linux_section().namespaces[1].path = "/proc/self/ns/uts";
  const Output other = run({"true"});
  EXPECT_EQ(other.code, 125);
  EXPECT_THAT(other.err, HasSubstr("it is one of another kind"));
}

TEST_F(Namespaces, HostNameNeedsItsOwn) {
  EXPECT_EQ(sh("hostname").out, "box\n");
  std::erase_if(linux_section().namespaces, [](const auto& entry) { return entry.type == "uts"; });
  EXPECT_THAT(run({"true"}).err, HasSubstr("hostname: it needs a uts namespace"));
}

TEST_F(Namespaces, ANewUserNamespaceInOurs) {
  linux_section().namespaces.push_back({"user", {}});
  linux_section().uid_mappings = {{0, 1, 1000}, {1000, 0, 1}};
  linux_section().gid_mappings = {{0, 1, 1000}, {1000, 0, 1}};
  sys::write_file(dir_ + "/rootfs/mine", "", 0644);  // uid 0 outside is 1000 inside
  const Output result = sh("cat /proc/self/uid_map; id -u; stat -c %u /mine; touch /tmp/x 2>&1; echo done");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, ::testing::ContainsRegex("0 +1 +1000\n +1000 +0 +1\n0\n1000\n"));
}

TEST_F(Namespaces, ASingleIdUserNamespace) {
  linux_section().namespaces.push_back({"user", {}});
  linux_section().uid_mappings = {{0, 0, 1}};
  linux_section().gid_mappings = {{0, 0, 1}};
  const Output result = sh("id -u; touch /tmp/x && stat -c %u /tmp/x; mount | grep devpts");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("0\n0\n"));
}

TEST_F(Namespaces, SysctlsOfTheContainerOnly) {
  linux_section().sysctl = {{"kernel.msgmax", "4096"}, {"kernel/shmmni", "77"}};
  const Output result = sh("cat /proc/sys/kernel/msgmax /proc/sys/kernel/shmmni");
  EXPECT_EQ(result.out, "4096\n77\n") << result.err;
  EXPECT_NE(trim(sys::read_file("/proc/sys/kernel/shmmni")), "77");
}

TEST_F(Namespaces, C48_SysctlsThatAreNotNamespacedAreRefused) {
  for (const std::string key :
       {"vm.overcommit_memory", "kernel.msgmax/../../vm/swappiness", "net..ipv4", "kernel.core_pattern",
        "net/ipv4/../../kernel/sysrq", "kernel.msgmax\nkernel.shmmni", "", "/kernel/msgmax"}) {
    linux_section().sysctl = {{key, "1"}};
    const Output result = run({"true"});
    EXPECT_EQ(result.code, 125) << key;
    EXPECT_THAT(result.err, HasSubstr("linux.sysctl")) << key;
  }
}

TEST_F(Namespaces, C48_SysctlsOfTheMachineAreRefused) {
  std::erase_if(linux_section().namespaces, [](const auto& entry) { return entry.type == "ipc"; });
  linux_section().sysctl = {{"kernel.msgmax", "4096"}};
  EXPECT_EQ(run({"true"}).code, 125);
}

TEST_F(Namespaces, Personality) {
  linux_section().personality = spec::OciPersonality{"LINUX32", {}};
  add_payload();
  EXPECT_EQ(run({"payload", "call", "135", "ffffffff"}).out, "0\n");
  linux_section().personality->domain = "HPUX";
  EXPECT_THAT(run({"true"}).err, HasSubstr("linux.personality.domain"));
}

}  // namespace
}  // namespace lichen::test
