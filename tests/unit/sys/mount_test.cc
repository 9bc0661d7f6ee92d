// mountinfo, procfs, ptys, capabilities, namespaces: what an ordinary process may try.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/base/error.hh"
#include "libpod/sys/capabilities.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/mount.hh"
#include "libpod/sys/mountinfo.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/procfs.hh"
#include "libpod/sys/pty.hh"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

using ::testing::ElementsAre;

TEST(MountInfo, FieldsAndEscapes) {
  const auto mounts = parse_mountinfo(
      "36 35 98:0 /a\\040b /mnt\\011x rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue\n"
      "1 2 0:5 / /proc rw - proc proc rw\n"
      "broken line\n"
      "x 2 0:5 / /proc rw - proc proc rw\n"
      "1 2 0:5 / /x rw shared:1\n");
  ASSERT_EQ(mounts.size(), 2u);
  EXPECT_EQ(mounts[0].id, 36);
  EXPECT_EQ(mounts[0].parent_id, 35);
  EXPECT_EQ(mounts[0].major, 98u);
  EXPECT_EQ(mounts[0].root, "/a b");
  EXPECT_EQ(mounts[0].mount_point, "/mnt\tx");
  EXPECT_THAT(mounts[0].options, ElementsAre("rw", "noatime"));
  EXPECT_THAT(mounts[0].optional, ElementsAre("master:1", "shared:7"));
  EXPECT_EQ(mounts[0].type, "ext3");
  EXPECT_THAT(mounts[0].super_options, ElementsAre("rw", "errors=continue"));
  EXPECT_TRUE(mounts[1].optional.empty());
  EXPECT_EQ(decode_mount_escapes("a\\134b\\"), "a\\b\\");
  EXPECT_FALSE(read_mountinfo().empty());
}

TEST(MountOptionText, Splits) {
  EXPECT_THAT(split_mount_options("size=64m,,noswap,a=b=c"),
              ElementsAre(MountOption("size", "64m"), MountOption("noswap", ""), MountOption("a", "b=c")));
}

TEST(ProcFs, OnlyTheRealOne) {
  const ProcFs proc = ProcFs::open_host();
  EXPECT_TRUE(is_procfs(proc.fd()));
  EXPECT_THAT(proc.read("self/status"), ::testing::HasSubstr("Name:"));
  EXPECT_THROW(ProcFs(open_path("/tmp", O_PATH | O_DIRECTORY)), Error);
  EXPECT_THROW(proc.open_file("../etc/passwd", O_RDONLY), Error);
  EXPECT_THROW(proc.open_file("self/root/etc/passwd", O_RDONLY), Error) << "a magic link";
  EXPECT_THROW(proc.open_file("/etc/passwd", O_RDONLY), Error);
}

TEST(Namespaces, KindsAndChecks) {
  EXPECT_EQ(find_namespace_kind("network")->proc_name, "net");
  EXPECT_EQ(find_namespace_kind("net"), nullptr);
  const UniqueFd uts = open_namespace("/proc/self/ns/uts", CLONE_NEWUTS);
  const UniqueFd again = open_process_namespace(::getpid(), *find_namespace_kind("uts"));
  EXPECT_TRUE(same_namespace(uts.get(), again.get()));
  EXPECT_THROW(open_namespace("/proc/self/ns/uts", CLONE_NEWIPC), Error);
  EXPECT_THROW(open_namespace("/dev/null", CLONE_NEWIPC), Error);
  EXPECT_THROW(open_namespace("/proc/self/status", CLONE_NEWIPC), Error);
}

TEST(Pty, PairAndSize) {
  const Pty pty = open_pty();
  EXPECT_TRUE(::isatty(pty.slave.get()));
  set_window_size(pty.master.get(), {12, 34});
  EXPECT_EQ(window_size(pty.slave.get()).rows, 12);
  EXPECT_EQ(window_size(pty.slave.get()).columns, 34);
  EXPECT_EQ(window_size(open_path("/dev/null", O_RDWR).get()).rows, 0);
  EXPECT_THROW(open_pty_from(open_path("/dev/null", O_RDWR)), Error);
  termios before{}, after{};
  ASSERT_EQ(::tcgetattr(pty.slave.get(), &before), 0);
  {
    const RawMode raw(pty.slave.get());
    ASSERT_EQ(::tcgetattr(pty.slave.get(), &after), 0);
    EXPECT_EQ(after.c_lflag & ECHO, 0u);
  }
  ASSERT_EQ(::tcgetattr(pty.slave.get(), &after), 0);
  EXPECT_EQ(after.c_lflag, before.c_lflag);
}

TEST(Capabilities, AsTheKernelSays) {
  EXPECT_GE(last_capability(), 37);
  const CapabilitySets sets = current_capabilities();
  EXPECT_EQ(sets.effective & ~sets.permitted, 0u);
  EXPECT_EQ(sets.ambient & ~sets.inheritable, 0u);
}

TEST(Program, ACopyThatCannotBeWritten) {
  const UniqueFd program = open_program_readonly("/bin/true");
  EXPECT_LT(::write(program.get(), "x", 1), 0);
  // A read-only mount refuses to open it, the seals of a memory file refuse the write.
  const UniqueFd again(::open(("/proc/self/fd/" + std::to_string(program.get())).c_str(), O_WRONLY | O_CLOEXEC));
  if (again) {
    EXPECT_LT(::write(again.get(), "x", 1), 0);
    EXPECT_EQ(errno, EPERM);
    EXPECT_LT(::ftruncate(again.get(), 0), 0);
  }
  EXPECT_THROW(open_program_readonly("/no/such/program"), Error);
  EXPECT_FALSE(runs_from_readonly_program());
}

TEST(Mount, RootsAreSeen) {
  EXPECT_TRUE(is_mount_root(open_path("/proc", O_PATH).get()));
  EXPECT_FALSE(is_mount_root(open_path("/proc/self", O_PATH).get()));
}

}  // namespace
}  // namespace lichen::sys
