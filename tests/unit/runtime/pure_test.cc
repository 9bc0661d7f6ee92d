// What of the runtime needs no kernel: mount words, cgroup files, sysctl keys, the start reply.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/base/error.hh"
#include "libpod/runtime/cgroup_limits.hh"
#include "libpod/runtime/devices.hh"
#include "libpod/runtime/handshake.hh"
#include "libpod/runtime/kernel_settings.hh"
#include "libpod/runtime/mount_options.hh"
#include "libpod/runtime/seccomp.hh"
#include "libpod/wire/runtime_cli.hh"

#include <sys/mount.h>

namespace lichen::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

std::vector<std::string> settings(const spec::OciResources& resources) {
  std::vector<std::string> out;
  for (const auto& setting : cgroup_settings(resources)) out.push_back(setting.file + "=" + setting.content);
  return out;
}

TEST(MountOptions, AttributesPropagationAndTheRest) {
  const auto parsed =
      parse_mount_options({"rbind", "ro", "rnosuid", "noatime", "rslave", "sync", "size=64m,mode=755", "noswap"});
  EXPECT_TRUE(parsed.bind && parsed.bind_recursive);
  EXPECT_EQ(parsed.top.set, std::uint64_t{MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME});
  EXPECT_EQ(parsed.top.clear, std::uint64_t{MOUNT_ATTR__ATIME});
  EXPECT_EQ(parsed.recursive.set, std::uint64_t{MOUNT_ATTR_NOSUID});
  EXPECT_EQ(parsed.propagation, std::uint64_t{MS_SLAVE});
  EXPECT_TRUE(parsed.propagation_recursive);
  EXPECT_THAT(parsed.super_flags, ElementsAre("sync"));
  EXPECT_THAT(parsed.data, ElementsAre(Pair("size", "64m"), Pair("mode", "755"), Pair("noswap", "")));
}

TEST(MountOptions, TheLastWordWins) {
  const auto writable = parse_mount_options({"ro", "rw"}).top;
  EXPECT_EQ(writable.set, 0u);
  EXPECT_EQ(writable.clear, std::uint64_t{MOUNT_ATTR_RDONLY});
  const auto readonly = parse_mount_options({"rw", "ro"}).top;
  EXPECT_EQ(readonly.set, std::uint64_t{MOUNT_ATTR_RDONLY});
  EXPECT_EQ(readonly.clear, 0u);
  const auto strict = parse_mount_options({"noatime", "strictatime"}).top;
  EXPECT_EQ(strict.set, std::uint64_t{MOUNT_ATTR_STRICTATIME});
}

TEST(CgroupSettings, Conversions) {
  spec::OciResources resources;
  resources.memory.emplace();
  resources.memory->limit = 100;
  resources.memory->swap = 150;
  resources.memory->reservation = 50;
  resources.cpu.emplace();
  resources.cpu->shares = 1024;
  resources.cpu->quota = 50000;
  resources.cpu->period = 100000;
  resources.cpu->cpus = "0-1";
  resources.pids_limit = 20;
  resources.unified = {{"memory.high", "90"}};
  EXPECT_THAT(settings(resources),
              ElementsAre("memory.low=50", "memory.max=100", "memory.swap.max=50", "cpu.weight=39",
                          "cpu.max=50000 100000", "cpuset.cpus=0-1", "pids.max=20", "memory.high=90"));
  resources = {};
  resources.memory.emplace();
  resources.memory->limit = -1;
  resources.memory->swap = -1;
  resources.pids_limit = -1;
  EXPECT_THAT(settings(resources), ElementsAre("memory.max=max", "memory.swap.max=max", "pids.max=max"));
  resources = {};
  resources.cpu.emplace();
  for (const auto& [shares, weight] :
       std::map<std::uint64_t, std::string>{{2, "1"}, {1, "1"}, {262144, "10000"}, {1 << 30, "10000"}}) {
    resources.cpu->shares = shares;
    EXPECT_THAT(settings(resources), ElementsAre("cpu.weight=" + weight));
  }
  resources = {};
  resources.block_io.emplace();
  resources.block_io->weight = 1000;
  resources.block_io->throttle_read_bps = {{8, 0, 1000}};
  EXPECT_THAT(settings(resources), ElementsAre("io.weight=10000", "io.max=8:0 rbps=1000"));
}

TEST(CgroupSettings, RefusesWhatVersionTwoLacks) {
  spec::OciResources resources;
  resources.memory.emplace().kernel = 1;
  EXPECT_THROW(cgroup_settings(resources), Error);
  resources = {};
  resources.memory.emplace().swap = 5;
  EXPECT_THROW(cgroup_settings(resources), Error);
  for (const std::string name : {"a/b", "../memory.max", "cgroup.procs", "memory"}) {
    resources = {};
    resources.unified = {{name, "1"}};
    EXPECT_THROW(cgroup_settings(resources), Error) << name;
  }
}

TEST(Sysctl, KeysAndPaths) {
  EXPECT_EQ(sysctl_path("net.ipv4.ip_forward"), "net/ipv4/ip_forward");
  EXPECT_EQ(sysctl_path("net/ipv4/conf/eth0.1/forwarding"), "net/ipv4/conf/eth0.1/forwarding");
  EXPECT_EQ(sysctl_path("net.ipv4.conf.eth0/1.forwarding"), "net/ipv4/conf/eth0.1/forwarding");
  EXPECT_EQ(sysctl_path("kernel.shmmax"), "kernel/shmmax");
  for (const std::string bad : {"", ".", "net", "net.", "net..x", "net/../kernel/sysrq", "kernel.sysrq",
                                "vm.swappiness", "/net/x", "net.x\n", "net.x+y", "kernel.shmmax.more"})
    EXPECT_THROW(sysctl_path(bad), Error) << bad;
}

// A process with CAP_MKNOD in one set, in a container without a user namespace of its own.
spec::OciSpec spec_of_root(std::vector<std::string> spec::OciCapabilities::*set, const std::string& name) {
  spec::OciSpec spec;
  spec.process.emplace().capabilities.emplace().*set = {"CAP_CHOWN", name};
  spec.linux_.emplace().namespaces = {{.type = "mount", .path = {}}, {.type = "pid", .path = {}}};
  return spec;
}

bool needs_filter(const spec::OciSpec& spec, bool initial = true) {
  return needs_device_filter(*spec.process, spec, initial);
}

TEST(DeviceFilter, RealRootWithMknodNeedsOneWhateverSetItIsInAndHoweverItIsSpelled) {
  using Set = spec::OciCapabilities;
  for (const auto set : {&Set::bounding, &Set::effective, &Set::inheritable, &Set::permitted, &Set::ambient})
    for (const char* name : {"CAP_MKNOD", "cap_mknod", "Cap_MkNod"}) {
      EXPECT_TRUE(needs_filter(spec_of_root(set, name)));
      EXPECT_FALSE(needs_filter(spec_of_root(set, name), /*initial=*/false));
    }
  EXPECT_FALSE(needs_filter(spec_of_root(&Set::bounding, "CAP_KILL")));
  auto none = spec_of_root(&Set::bounding, "CAP_MKNOD");
  none.process->capabilities.reset();
  EXPECT_FALSE(needs_filter(none)) << "no capabilities at all";
  auto own = spec_of_root(&Set::bounding, "CAP_MKNOD");
  own.linux_->namespaces.push_back({.type = "user", .path = {}});
  EXPECT_FALSE(needs_filter(own)) << "nodes made in a user namespace cannot be opened";
}

TEST(DeviceFilter, OnlyALastRuleThatAllowsEverythingStandsForAll) {
  auto spec = spec_of_root(&spec::OciCapabilities::bounding, "CAP_MKNOD");
  const auto with_last = [&](const spec::OciDeviceRule& rule) {
    spec.linux_->resources.emplace().devices = {{.allow = false, .type = {}, .access = "rwm"}, rule};
    return needs_filter(spec);
  };
  EXPECT_FALSE(with_last({.allow = true, .type = {}, .access = "rwm"}));
  EXPECT_FALSE(with_last({.allow = true, .type = "a", .major = -1, .minor = -1, .access = {}}));
  EXPECT_TRUE(with_last({.allow = false, .type = "a", .access = "rwm"}));
  EXPECT_TRUE(with_last({.allow = true, .type = "c", .access = "rwm"}));
  EXPECT_TRUE(with_last({.allow = true, .type = "a", .major = 8, .access = "rwm"}));
  EXPECT_TRUE(with_last({.allow = true, .type = "a", .minor = 3, .access = "rwm"}));
  EXPECT_TRUE(with_last({.allow = true, .type = "a", .access = "m"}));
  spec.linux_->resources->devices.clear();
  EXPECT_TRUE(needs_filter(spec));
  spec.linux_->resources->devices = {{.allow = true, .type = {}, .access = "rwm"}, {.allow = false, .type = {}}};
  EXPECT_TRUE(needs_filter(spec)) << "the last one counts";
}

TEST(StartFailure, SurvivesThePacket) {
  const wire::StartFailure sent{126, "permission", "exec: \"x\": permission denied", "a hint"};
  const auto got = wire::decode_start_failure(encode(sent));
  EXPECT_EQ(got.exit_code, 126);
  EXPECT_EQ(got.kind, sent.kind);
  EXPECT_EQ(got.text, sent.text);
  EXPECT_EQ(got.hint, sent.hint);
  EXPECT_EQ(wire::decode_start_failure("").exit_code, 125);
  EXPECT_EQ(wire::decode_start_failure("\x7fonly").kind, "only");
  EXPECT_LE(encode(wire::StartFailure{125, "k", std::string(100000, 'x'), "h"}).size(), wire::kMaxStartReply);
}

TEST(SeccompFile, RoundTripAndDamage) {
  const SeccompFilter filter{std::string(16, 'x'), 2};
  const std::string text = encode(filter);
  EXPECT_EQ(decode_seccomp(text, "f").program, filter.program);
  EXPECT_EQ(decode_seccomp(text, "f").flags, 2u);
  for (const std::string& bad :
       {std::string(), text.substr(1), text.substr(0, text.size() - 1), text + "x", std::string("nonsense")})
    EXPECT_THROW(decode_seccomp(bad, "f"), Error);
  // R11: no turned bit of the program gets into the kernel.
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string turned = text;
    turned[bit / 8] = static_cast<char>(turned[bit / 8] ^ (1 << bit % 8));
    try {
      EXPECT_EQ(decode_seccomp(turned, "f").program, filter.program) << bit;
    } catch (const Error&) {
      continue;
    }
  }
}

}  // namespace
}  // namespace lichen::runtime
