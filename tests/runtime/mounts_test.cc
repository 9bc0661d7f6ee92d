// Mounts: options as the kernel shows them, destinations that are made, symlinks that lead astray (C03, C04, C08),
// masks, devices.
#include "tests/runtime/box.hh"

#include "libpod/sys/mountinfo.hh"

#include <signal.h>
#include <stdio.h>

namespace lichen::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class Mounts : public Box {
 protected:
  void SetUp() override {
    Box::SetUp();
    if (IsSkipped()) return;
    sys::make_directories(dir_ + "/outside/sub", 0755);
    sys::write_file(dir_ + "/outside/canary", "untouched", 0644);
    sys::write_file(dir_ + "/source", "content\n", 0644);
    sys::make_directories(dir_ + "/folder/below", 0755);
    sys::write_file(dir_ + "/folder/file", "in folder\n", 0644);
  }
  void add(const std::string& destination, const std::string& type, const std::string& source,
           std::vector<std::string> options) {
    spec_.mounts.push_back({destination, type, source, std::move(options), {}, {}});
  }
  // What mountinfo says of the last mount at `point`.
  sys::MountInfo info(const std::string& point) {
    sys::MountInfo found;
    const Output result = run({"cat", "/proc/self/mountinfo"});
    EXPECT_EQ(result.code, 0) << result.err;
    for (auto& mount : sys::parse_mountinfo(result.out))
      if (mount.mount_point == point) found = std::move(mount);
    return found;
  }
};

TEST_F(Mounts, OptionsOfBinds) {
  add("/m", "bind", dir_ + "/folder", {"rbind", "ro", "nosuid", "nodev", "noexec", "nosymfollow"});
  for (const std::string word : {"ro", "nosuid", "nodev", "noexec", "nosymfollow"})
    EXPECT_THAT(info("/m").options, Contains(word));
  spec_.mounts.back().options = {"bind", "ro", "rw", "noexec", "exec", "strictatime"};
  const auto plain = info("/m").options;
  for (const std::string word : {"ro", "noexec", "noatime"}) EXPECT_THAT(plain, Not(Contains(word)));
  spec_.mounts.back().options = {"bind", "noatime"};
  EXPECT_THAT(run({"true"}).err, HasSubstr("access-time options of a mount of the host cannot be changed"));
}

TEST_F(Mounts, OptionsOfFileSystems) {
  add("/m", "tmpfs", "tmpfs", {"ro", "nosuid", "nodev", "noexec", "noatime", "nodiratime", "size=1m", "sync"});
  const auto strict = info("/m");
  for (const std::string word : {"ro", "nosuid", "nodev", "noexec", "noatime", "nodiratime"})
    EXPECT_THAT(strict.options, Contains(word));
  for (const std::string word : {"size=1024k", "sync"}) EXPECT_THAT(strict.super_options, Contains(word));
  spec_.mounts.back().options = {"strictatime"};
  EXPECT_THAT(info("/m").options, Not(Contains("relatime")));
}

TEST_F(Mounts, Propagation) {
  add("/m", "bind", dir_ + "/folder", {"rbind", "rshared"});
  EXPECT_THAT(info("/m").optional, Contains(::testing::StartsWith("shared:")));
  spec_.mounts.back().options = {"rbind", "unbindable"};
  EXPECT_THAT(info("/m").optional, Contains("unbindable"));
  spec_.mounts.back().options = {"rbind"};
  EXPECT_TRUE(info("/m").optional.empty());
}

TEST_F(Mounts, RecursiveReadOnlyReachesMountsBelow) {
  ASSERT_EQ(::mount("tmpfs", (dir_ + "/folder/below").c_str(), "tmpfs", 0, nullptr), 0);
  add("/m", "bind", dir_ + "/folder", {"rbind", "ro"});
  EXPECT_EQ(sh("touch /m/below/x").code, 0) << "ro is for the mount itself only";
  spec_.mounts.back().options = {"rbind", "rro"};
  EXPECT_THAT(sh("touch /m/below/y").err, HasSubstr("Read-only file system"));
  ::umount2((dir_ + "/folder/below").c_str(), MNT_DETACH);
}

TEST_F(Mounts, SlurmsFilesOnAFreshTmpfs) {
  add("/tmp", "tmpfs", "tmpfs", {"mode=1777"});
  add("/tmp/slurm/startup", "none", dir_ + "/source", {"bind", "ro"});
  add("/tmp/slurm/dir", "none", dir_ + "/folder", {"bind"});
  const Output result = sh("cat /tmp/slurm/startup /tmp/slurm/dir/file; stat -c %a /tmp; echo x > /tmp/slurm/startup");
  EXPECT_EQ(result.out, "content\nin folder\n1777\n");
  EXPECT_THAT(result.err, HasSubstr("Read-only file system"));
}

TEST_F(Mounts, TmpfsBeginsWithTheDirectory) {
  sys::make_directories(dir_ + "/rootfs/data/sub", 0750);
  sys::write_file(dir_ + "/rootfs/data/sub/file", "old\n", 0640);
  sys::make_symlink("sub/file", dir_ + "/rootfs/data/link");
  add("/data", "tmpfs", "tmpfs", {"tmpcopyup"});
  const Output result =
      sh("cat /data/link; stat -c %a /data/sub /data/sub/file; echo new > /data/sub/file; grep -c ' /data tmpfs' "
         "/proc/mounts");
  EXPECT_EQ(result.out, "old\n750\n640\n1\n") << result.err;
  EXPECT_EQ(sys::read_file(dir_ + "/rootfs/data/sub/file"), "old\n");
}

TEST_F(Mounts, RemountChangesOptions) {
  add("/dev/shm", "", "", {"remount", "ro"});
  EXPECT_THAT(sh("touch /dev/shm/x").err, HasSubstr("Read-only"));
  add("/etc", "", "", {"remount", "ro"});
  EXPECT_THAT(run({"true"}).err, HasSubstr("nothing is mounted there"));
}

TEST_F(Mounts, ErrorsNameTheMountAndTheCause) {
  add("/m", "bind", dir_ + "/missing", {"bind"});
  EXPECT_THAT(run({"true"}).err, HasSubstr("mount '/m': open '" + dir_ + "/missing': No such file or directory"));
  spec_.mounts.back() = {"/m", "bind", dir_ + "/folder", {"bind", "nonsense"}, {}, {}};
  EXPECT_THAT(run({"true"}).err, HasSubstr("unknown option 'nonsense'"));
  spec_.mounts.back() = {"/m", "tmpfs", "tmpfs", {"size=nonsense"}, {}, {}};
  EXPECT_THAT(run({"true"}).err, HasSubstr("option 'size=nonsense'"));
  spec_.mounts.back() = {"/m", "nosuchfs", "x", {}, {}, {}};
  EXPECT_THAT(run({"true"}).err, HasSubstr("'nosuchfs': the kernel does not have it"));
  spec_.mounts.back() = {"/", "tmpfs", "x", {}, {}, {}};
  EXPECT_THAT(run({"true"}).err, HasSubstr("mount on '/'"));
  spec_.mounts.back() = {"/etc/passwd", "bind", dir_ + "/folder", {"bind"}, {}, {}};
  EXPECT_EQ(run({"true"}).code, 125);
}

// Every destination made a symlink of every hostile kind; nothing outside the root changes, whatever the outcome
// is.
TEST_F(Mounts, C03_HostileDestinationsStayInside) {
  struct Case {
    const char* name;
    std::string target;
  };
  const std::vector<Case> kinds{
      {"absolute", dir_ + "/outside"},
      {"dots", "../../../../../../../../../../../../../../../../../../../.." + dir_ + "/outside"},
      {"loop", "loop"},
      {"dangling", "/nowhere/at/all"},
      {"magic", "/proc/1/root" + dir_ + "/outside"},
      {"file", "/etc/passwd"}};
  const std::vector<std::string> places{"/proc", "/sys", "/dev",       "/dev/pts",         "/dev/shm",
                                        "/run",  "/tmp", "/etc/hosts", "/etc/resolv.conf", "/etc/mtab",
                                        "/data"};
  add("/sys", "bind", "/sys", {"rbind", "ro"});
  add("/run", "tmpfs", "tmpfs", {});
  add("/tmp", "tmpfs", "tmpfs", {});
  for (const char* file : {"/etc/hosts", "/etc/resolv.conf", "/etc/mtab"})
    add(file, "bind", dir_ + "/source", {"bind"});
  add("/data", "bind", dir_ + "/folder", {"rbind"});
  linux_section().masked_paths = {"/proc/kcore", "/sys/firmware", "/data"};
  linux_section().readonly_paths = {"/proc/sys", "/tmp"};
  int survived = 0;
  for (const auto& place : places) {
    for (const auto& kind : kinds) {
      const std::string path = dir_ + "/rootfs" + place;
      sys::remove_tree(path);
      sys::make_directories(dir_ + "/rootfs" + place.substr(0, place.rfind('/')), 0755);
      sys::make_symlink(kind.name == std::string("loop") ? place : kind.target, path);
      survived += run({"true"}).code == 0;
      EXPECT_EQ(sys::list_directory(dir_ + "/outside").size(), 2u) << place << " " << kind.name;
      EXPECT_TRUE(sys::list_directory(dir_ + "/outside/sub").empty());
      EXPECT_EQ(sys::read_file(dir_ + "/outside/canary"), "untouched");
      sys::remove_tree(path);
    }
  }
  EXPECT_GT(survived, 0) << "no case at all went through: the test shows nothing";
}

// While containers are made, a directory on a shared volume is swapped with a symlink to the host, again and
// again.
TEST_F(Mounts, C04_ASwappedDirectoryLeadsNowhere) {
  sys::make_directories(dir_ + "/volume/place/below", 0755);
  sys::make_symlink(dir_ + "/outside", dir_ + "/volume/lure");
  sys::Pid swapper = sys::fork_child([&] {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;)
      ::renameat2(AT_FDCWD, (dir_ + "/volume/place").c_str(), AT_FDCWD, (dir_ + "/volume/lure").c_str(),
                  RENAME_EXCHANGE);
    return 0;
  });
  add("/v", "bind", dir_ + "/volume", {"rbind"});
  add("/v/place/below/new", "tmpfs", "tmpfs", {});
  add("/v/place/file", "bind", dir_ + "/source", {"bind"});
  linux_section().masked_paths = {"/v/place/below"};
  linux_section().readonly_paths = {"/v/place"};
  int survived = 0;
  for (int round = 0; round < rounds(60); ++round) {
    survived += run({"true"}).code == 0;
    ASSERT_EQ(sys::list_directory(dir_ + "/outside").size(), 2u) << round;
    ASSERT_TRUE(sys::list_directory(dir_ + "/outside/sub").empty()) << round;
  }
  EXPECT_EQ(sys::read_file(dir_ + "/outside/canary"), "untouched");
  RecordProperty("survived", survived);
}

// The innocent twin.
TEST_F(Mounts, C03_OrdinarySymlinksWork) {
  sys::make_directories(dir_ + "/rootfs/run", 0755);
  sys::make_directories(dir_ + "/rootfs/var", 0755);
  sys::make_symlink("/run", dir_ + "/rootfs/var/run");
  sys::make_symlink("../run/lock", dir_ + "/rootfs/var/lock");
  sys::make_directories(dir_ + "/rootfs/run/lock", 0755);
  add("/var/run/x", "bind", dir_ + "/source", {"bind"});
  add("/var/lock", "bind", dir_ + "/folder", {"bind"});
  EXPECT_EQ(sh("cat /run/x /run/lock/file").out, "content\nin folder\n");
}

// Files of the image where /proc is wanted are never written.
TEST_F(Mounts, C07_OurProcWritesNeverReachTheImage) {
  std::erase_if(spec_.mounts, [](const auto& mount) { return mount.destination == "/proc"; });
  sys::make_directories(dir_ + "/rootfs/proc/self/attr", 0777);
  sys::make_directories(dir_ + "/rootfs/proc/sys/kernel", 0777);
  for (const char* file : {"/proc/self/attr/exec", "/proc/self/oom_score_adj", "/proc/sys/kernel/msgmax"})
    sys::write_file(dir_ + "/rootfs" + file, "", 0666);
  process().oom_score_adj = 900;
  linux_section().sysctl = {{"kernel.msgmax", "4096"}};
  const Output result = run({"true"});
  EXPECT_EQ(result.code, 0) << result.err;
  for (const char* file : {"/proc/self/attr/exec", "/proc/self/oom_score_adj", "/proc/sys/kernel/msgmax"})
    EXPECT_EQ(sys::read_file(dir_ + "/rootfs" + file), "") << file;
}

TEST_F(Mounts, C07_ALabelThatCannotBeAppliedStopsTheStart) {
  process().apparmor_profile = "no-such-profile";
  const Output result = run({"true"});
  EXPECT_EQ(result.code, 125);
  EXPECT_THAT(result.err, HasSubstr("apply the AppArmor profile 'no-such-profile'"));
}

TEST_F(Mounts, C09_MaskedAndReadOnlyPaths) {
  sys::make_directories(dir_ + "/rootfs/secret", 0755);
  sys::write_file(dir_ + "/rootfs/secret/key", "key", 0644);
  sys::write_file(dir_ + "/rootfs/hidden", "hidden", 0644);
  linux_section().masked_paths = {"/secret", "/hidden", "/proc/timer_list", "/missing", "/hidden/below"};
  linux_section().readonly_paths = {"/etc", "/proc/sys", "/missing"};
  const Output result =
      sh("ls /secret; cat /hidden /proc/timer_list; touch /secret/x; touch /etc/x; echo 1 > /proc/sys/kernel/msgmax; "
         "echo x > /hidden; cat /hidden; touch /fine && echo fine");
  EXPECT_EQ(result.out, "fine\n");
  EXPECT_THAT(result.err, HasSubstr("/secret/x: Read-only file system"));
  EXPECT_THAT(result.err, HasSubstr("/etc/x: Read-only file system"));
  EXPECT_THAT(result.err, HasSubstr("can't create /proc/sys/kernel/msgmax: Read-only file system"));
  EXPECT_EQ(sys::read_file(dir_ + "/rootfs/hidden"), "hidden");
}

TEST_F(Mounts, ReadOnlyRoot) {
  spec_.root->readonly = true;
  const Output result = sh("touch /x; touch /dev/shm/x && echo fine");
  EXPECT_EQ(result.out, "fine\n");
  EXPECT_THAT(result.err, HasSubstr("Read-only file system"));
}

TEST_F(Mounts, TheOldRootIsGone) {
  const Output result =
      sh("cat /proc/self/mountinfo | wc -l; ls / | grep -c oldroot; cd /; ls ../../../.. | sort | grep -x -c etc");
  EXPECT_LT(std::atoi(result.out.c_str()), 25) << "mounts of the host are seen";
}

TEST_F(Mounts, DevicesAndLinks) {
  sys::write_file(dir_ + "/rootfs/dev/null", "an image's file", 0644);
  spec_.linux_->devices.push_back({"/dev/my/zero", 'c', 1, 5, {}, {}, {}});
  const Output result =
      sh("for d in null zero full random urandom tty my/zero; do stat -c '%n %F %t:%T' /dev/$d; done; for l in fd "
         "stdin stdout stderr ptmx; do readlink /dev/$l; done; "
         "echo gone > /dev/null; cat /dev/null; test -w /dev/ptmx && echo ptmx");
  EXPECT_EQ(result.code, 0) << result.err;
  for (const std::string line : {"/dev/null character special file 1:3", "/dev/zero character special file 1:5",
                                 "/dev/full character special file 1:7", "/dev/random character special file 1:8",
                                 "/dev/urandom character special file 1:9", "/dev/tty character special file 5:0",
                                 "/dev/my/zero character special file 1:5", "/proc/self/fd/2", "pts/ptmx", "ptmx"})
    EXPECT_THAT(result.out, HasSubstr(line + "\n"));
}

TEST_F(Mounts, DevicesWithOtherNumbersThanTheHosts) {
  spec_.linux_->devices.push_back({"/dev/zero", 'c', 250, 199, {}, {}, {}});
  const Output result = run({"true"});
  EXPECT_EQ(result.code, 125);
  EXPECT_THAT(result.err, HasSubstr("the host has no device c 250:199 there"));
}

TEST_F(Mounts, C10_CgroupFilesRefuseWrites) {
  add("/sys", "bind", "/sys", {"rbind", "ro", "rro"});
  add("/sys/fs/cgroup", "cgroup", "cgroup", {"ro", "nosuid", "noexec", "nodev"});
  const Output result =
      sh("cd /sys/fs/cgroup && for f in * ; do [ -d $f ] || { [ -w $f ] && (echo 0 >> $f) 2>/dev/null && echo wrote "
         "$f; }; done; mkdir x 2>&1; true");
  EXPECT_THAT(result.out, Not(HasSubstr("wrote")));
  EXPECT_THAT(result.out, HasSubstr("Read-only file system"));
}

}  // namespace
}  // namespace lichen::test
