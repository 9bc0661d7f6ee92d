// Seccomp: every number's verdict against the table (C16), dirty upper halves (C17), what is denied by default (C18),
// exec and threads of the container (C43), the cache, docker's profile format.
#include "tests/runtime/box.hh"

#include <map>

#include "libpod/base/parse.hh"
#include "libpod/spec/seccomp_table.hh"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

namespace lichen::test {
namespace {

using ::testing::HasSubstr;

constexpr int kRange = 511;

class Seccomp : public Box {
 protected:
  void SetUp() override {
    Box::SetUp();
    if (!IsSkipped()) add_payload();
  }
  static std::map<int, int> parse(const std::string& text) {
    std::map<int, int> answers;
    for (const auto& line : split(text, '\n'))
      if (const auto pair = cut(line, ' ')) answers[std::atoi(pair->first.c_str())] = std::atoi(pair->second.c_str());
    return answers;
  }
  int call(std::vector<std::string> words) {
    words.insert(words.begin(), {"payload", "call"});
    const Output result = run(std::move(words));
    EXPECT_EQ(result.code, 0) << result.err;
    return std::atoi(result.out.c_str());
  }
  static std::string number(long value) { return std::to_string(value); }
};

// Names of this machine's numbers, from the kernel's header; what the header does not know gets ENOSYS.
std::map<int, std::string> kernel_names() {
  std::map<int, std::string> names;
  for (const char* path : {"/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm-generic/unistd.h"}) {
    for (const auto& line : split(sys::read_file_if_exists(path).value_or(""), '\n')) {
      const auto words = split(line, ' ');
      if (words.size() == 3 && words[0] == "#define" && words[1].starts_with("__NR_"))
        if (const auto value = parse_uint(words[2])) names[static_cast<int>(*value)] = words[1].substr(5);
    }
    if (!names.empty()) break;
  }
  return names;
}

bool contains(std::span<const std::string_view> list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// What the table says of each number, beside what a container without a filter answers. `with` comes from run or exec.
void compare_with_table(const std::map<int, int>& with, const std::map<int, int>& without,
                        const std::map<int, std::string>& names, const std::vector<std::string>& caps) {
  ASSERT_GT(with.size(), 500u);
  int denied = 0, compared = 0;
  for (const auto& [number, answer] : with) {
    // uretprobe and uprobe: the kernel lets them past every filter (kernel/seccomp.c, Linux 6.14).
    if (number == 335 || number == 336) continue;
    const auto found = names.find(number);
    const std::string name = found == names.end() ? "" : found->second;
    bool allowed = contains(spec::seccomp_allowed_calls(), name),
         refused = contains(spec::seccomp_refused_calls(), name);
    for (const auto& row : spec::seccomp_capability_calls()) {
      if (!contains(row.calls, name)) continue;
      (std::find(caps.begin(), caps.end(), row.capability) != caps.end() ? allowed : refused) = true;
    }
    ++compared;
    // Arguments of all ones: a new namespace for clone, no known domain for personality, no known family for socket.
    if (name == "clone") {
      EXPECT_EQ(answer, EPERM);
    } else if (name == "personality") {
      EXPECT_EQ(answer, 0) << "0xffffffff asks";
    } else if (name == "clone3" || name == "socket" || (!allowed && !refused)) {
      // Beyond what these headers and the library know a newer table may name a call: it is allowed by name there.
      if (found == names.end() && number > 450 && answer != ENOSYS) continue;
      EXPECT_EQ(answer, ENOSYS) << number << " " << name;
      ++denied;
    } else if (refused && !allowed) {
      EXPECT_EQ(answer, EPERM) << number << " " << name;
      ++denied;
    } else {
      EXPECT_EQ(answer, without.at(number)) << number << " " << name;
    }
  }
  EXPECT_GT(denied, 60);
  EXPECT_GT(compared, 500);
}

TEST_F(Seccomp, C16_EveryNumberHasTheTablesVerdictInRunAndExec) {
  const auto names = kernel_names();
  if (names.size() < 300) GTEST_SKIP() << "no kernel headers (linux-libc-dev)";
  const std::vector<std::string> question{"payload", "syscalls", "0", std::to_string(kRange)};
  const Output free = run(question);
  use_default_seccomp();
  const Output bound = run(question);
  ASSERT_EQ(bound.code, 0) << bound.err;
  compare_with_table(parse(bound.out), parse(free.out), names, process().capabilities->bounding);
  ASSERT_EQ(start_sleeper().code, 0);
  const Output exec = oci({"exec", "c", "payload", "syscalls", "0", std::to_string(kRange)});
  const auto executed = parse(exec.out);
  ASSERT_GT(executed.size(), 500u) << exec.err;
  for (const auto& [call, answer] : parse(bound.out))
    if (call != SYS_kill) {  // of process -1: exec has others beside it
      EXPECT_EQ(executed.at(call), answer) << call;
    }
}

// 512 numbers of i386 by int 0x80 and 512 of x32, in run and in exec: no filter was written for them, so none may work.
TEST_F(Seccomp, C16_EveryNumberOfTheOtherAbisIsUnknown) {
  constexpr long kX32 = 0x40000000;
  use_default_seccomp();
  ASSERT_EQ(start_sleeper().code, 0);
  const std::vector<std::vector<std::string>> questions{{"payload", "int80", "0", number(kRange)},
                                                        {"payload", "syscalls", number(kX32), number(kX32 + kRange)}};
  for (const auto& question : questions) {
    std::vector<std::string> exec{"exec", "c"};
    exec.insert(exec.end(), question.begin(), question.end());
    for (const Output& result : {run(question), oci(exec)}) {
      const auto answers = parse(result.out);
      EXPECT_GT(answers.size(), 500u) << question[1] << result.err;
      for (const auto& [call, answer] : answers) EXPECT_EQ(answer, ENOSYS) << question[1] << " " << call;
    }
  }
}

TEST_F(Seccomp, C16_NumbersBeyondTheTable) {
  use_default_seccomp();
  EXPECT_EQ(call({number(0x40000000 + SYS_getpid)}), ENOSYS);
  EXPECT_EQ(call({number(100000)}), ENOSYS);
  EXPECT_EQ(call({number(0x7FFFFFFF)}), ENOSYS);
  const Output result = run({"payload", "int80", "20"});  // getpid of i386
  EXPECT_EQ(result.out, format("{}\n", static_cast<int>(ENOSYS)));
}

TEST_F(Seccomp, C17_DirtyUpperHalvesChangeNothing) {
  use_default_seccomp();
  for (const std::string high : {"", "100000000", "ffffffff00000000"}) {
    const auto with = [&](unsigned long low) {
      return format("{:x}", (high.empty() ? 0 : std::strtoul(high.c_str(), nullptr, 16)) | low);
    };
    EXPECT_EQ(call({number(SYS_socket), with(AF_ALG), "5", "0"}), EPERM) << high;
    EXPECT_EQ(call({number(SYS_socket), with(AF_VSOCK), "1", "0"}), EPERM) << high;
    EXPECT_EQ(call({number(SYS_socket), with(AF_UNIX), "1", "0"}), 0) << high;
    EXPECT_EQ(call({number(SYS_clone), with(0x10000000)}), EPERM) << high;
    EXPECT_EQ(call({number(SYS_personality), with(0x40000)}), EPERM) << high;
    EXPECT_NE(call({number(SYS_personality), with(0x400000)}), 0) << high;
    // TIOCSTI is the terminal's own affair (dev.tty.legacy_tiocsti, C20): no half of the number makes it a success.
    EXPECT_NE(call({number(SYS_ioctl), "0", with(TIOCSTI), "0"}), 0) << high;
  }
}

TEST_F(Seccomp, C18_DeniedByDefault) {
  use_default_seccomp();
  for (const long refused : {SYS_io_uring_setup, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_userfaultfd, SYS_bpf,
                             SYS_perf_event_open, SYS_open_by_handle_at, SYS_kexec_load, SYS_mount, SYS_umount2,
                             SYS_fsopen, SYS_open_tree, SYS_move_mount, SYS_setns, SYS_unshare, SYS_pivot_root})
    EXPECT_EQ(call({number(refused)}), EPERM) << refused;
  EXPECT_EQ(call({number(SYS_unshare), "10000000"}), EPERM);
  EXPECT_EQ(call({number(SYS_clone3)}), ENOSYS);
  for (const int family : {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK})
    EXPECT_EQ(call({number(SYS_socket), format("{:x}", family), "2", "0"}), 0) << family;
}

TEST_F(Seccomp, C18_ACapabilityOpensItsCalls) {
  for (auto* set :
       {&process().capabilities->bounding, &process().capabilities->effective, &process().capabilities->permitted})
    set->push_back("CAP_SYS_ADMIN");
  use_default_seccomp();
  EXPECT_EQ(call({number(SYS_unshare), "4000000"}), 0);
  EXPECT_NE(call({number(SYS_clone3)}), ENOSYS);
}

// The order of things without and with no_new_privs, too.
TEST_F(Seccomp, C43_AllTasksAreFiltered) {
  use_default_seccomp();
  for (const bool strict : {false, true}) {
    process().no_new_privileges = strict;
    const Output result = sh("grep -E 'Seccomp:|NoNew' /proc/self/status; (grep Seccomp: /proc/self/status)");
    EXPECT_EQ(result.out, format("NoNewPrivs:\t{}\nSeccomp:\t2\nSeccomp:\t2\n", strict ? 1 : 0)) << result.err;
    EXPECT_THAT(sh("grep CapEff /proc/self/status").out, HasSubstr("00000000800405fb"));
  }
  process().no_new_privileges = false;
  ASSERT_EQ(start_sleeper().code, 0);
  EXPECT_THAT(oci({"exec", "c", "grep", "Seccomp:", "/proc/self/status"}).out, HasSubstr("2"));
  EXPECT_EQ(oci({"exec", "c", "payload", "call", number(SYS_keyctl)}).out, format("{}\n", static_cast<int>(EPERM)));
}

// Fail closed: a filter that cannot be read stops exec.
TEST_F(Seccomp, C18_ADamagedFilterStopsExec) {
  use_default_seccomp();
  ASSERT_EQ(start_sleeper().code, 0);
  sys::write_file(dir_ + "/root/c/seccomp.bpf", "nonsense");
  const Output result = oci({"exec", "c", "true"});
  EXPECT_EQ(result.code, 125);
  EXPECT_THAT(result.err, HasSubstr("not a filter that this version wrote"));
}

TEST_F(Seccomp, TheCacheIsUsedAndNotTrusted) {
  use_default_seccomp();
  const std::string cache = dir_ + "/cache";
  const auto cached = [&](const std::string& id) {
    return oci({"--seccomp-cache", cache, "run", "-b", dir_ + "/b", id});
  };
  process().args = {"payload", "call", number(SYS_keyctl)};
  write_bundle();
  const std::string denied = format("{}\n", static_cast<int>(EPERM));
  EXPECT_EQ(cached("a").out, denied);
  auto entries = sys::list_directory(cache);
  ASSERT_EQ(entries.size(), 1u);
  const std::string entry = cache + "/" + entries[0], good = sys::read_file(entry);
  EXPECT_EQ(cached("b").out, denied);
  // Damaged, cut short, another profile's key: compiled again, and mended.
  for (const std::string& bad : {std::string("x"), good.substr(0, good.size() / 2), good + "x",
                                 replace_all(good, "SCMP_ACT_ERRNO", "SCMP_ACT_ALLOW")}) {
    sys::write_file(entry, bad);
    EXPECT_EQ(cached("c").out, denied);
    EXPECT_EQ(sys::read_file(entry), good);
  }
  // Others could write there: not used at all.
  ASSERT_EQ(::chmod(cache.c_str(), 0777), 0);
  sys::write_file(entry, "x");
  EXPECT_EQ(cached("d").out, denied);
  EXPECT_EQ(sys::read_file(entry), "x");
}

TEST_F(Seccomp, ProfilesInDockersFormat) {
  const std::string text = R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
    {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5},
    {"names": ["uname"], "action": "SCMP_ACT_ERRNO", "excludes": {"caps": ["CAP_KILL"]}},
    {"names": ["chroot"], "action": "SCMP_ACT_ERRNO", "includes": {"caps": ["CAP_KILL"], "minKernel": "4.8"}}]})";
  linux_section().seccomp = spec::seccomp_profile_from_json(text, "profile", process().capabilities->bounding);
  const Output result = sh("mkdir /tmp/x; uname -s");
  EXPECT_THAT(result.err, HasSubstr("Input/output error"));
  EXPECT_EQ(call({number(SYS_mkdir)}), EIO);
  EXPECT_EQ(call({number(SYS_chroot)}), EPERM);
  EXPECT_NE(call({number(SYS_uname)}), EPERM);
}

TEST_F(Seccomp, UnknownNumbersOfAStrictProfileLookUnknown) {
  // Everything is EPERM but what busybox and the payload need; a number that nobody could name is ENOSYS.
  spec::SeccompSpec strict = spec::default_seccomp_profile(process().capabilities->bounding);
  strict.default_errno_ret = EPERM;
  linux_section().seccomp = strict;
  EXPECT_EQ(call({number(1000)}), ENOSYS);
  EXPECT_EQ(call({number(SYS_clone3)}), EPERM);
}

TEST_F(Seccomp, WhatIsNotSupportedIsAnError) {
  linux_section().seccomp = spec::SeccompSpec{.default_action = "SCMP_ACT_ALLOW", .listener_path = "/run/x.sock"};
  EXPECT_THAT(run({"true"}).err, HasSubstr("linux.seccomp.listenerPath: notifications are not supported"));
  linux_section().seccomp =
      spec::SeccompSpec{.default_action = "SCMP_ACT_ALLOW", .flags = {"SECCOMP_FILTER_FLAG_NONSENSE"}};
  EXPECT_THAT(run({"true"}).err, HasSubstr("SECCOMP_FILTER_FLAG_NONSENSE"));
  linux_section().seccomp = spec::SeccompSpec{.default_action = "SCMP_ACT_NONSENSE"};
  EXPECT_EQ(run({"true"}).code, 125);
}

}  // namespace
}  // namespace lichen::test
