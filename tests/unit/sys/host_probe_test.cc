#include "libpod/sys/host_probe.hh"

#include <cstdlib>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/sys/fs.hh"

#include <sys/stat.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

using ::testing::HasSubstr;

TEST(HostProbe, EveryFindingIsComplete) {
  char name[] = "/tmp/lichen-probe-XXXXXX";
  const std::string root = ::mkdtemp(name);
  std::set<std::string> names;
  for (const auto& probe :
       probe_host({.uid = ::getuid(), .user = "nobody-there", .store_root = root + "/not/yet", .runtime_dir = ""})) {
    EXPECT_TRUE(names.insert(probe.name).second) << probe.name;
    EXPECT_NE(probe.detail, "") << probe.name;
    EXPECT_EQ(probe.fix.empty(), probe.state == ProbeState::ok) << probe.name << ": " << probe.detail;
    RecordProperty(probe.name, probe.detail);
  }
  EXPECT_THAT(list_directory(root), ::testing::IsEmpty()) << "a probe left something";
  remove_tree(root);
}

TEST(HostProbe, TapDeviceIsReallyMade) {
  if (probe_user_namespaces().state != ProbeState::ok) GTEST_SKIP() << "no user namespaces here";
  if (::access("/dev/net/tun", R_OK | W_OK) != 0) GTEST_SKIP() << "/dev/net/tun cannot be used";
  EXPECT_EQ(probe_tun().detail, "a tap device was made");
}

TEST(HostProbe, RuntimeDirectoryMustBePrivateAndOurs) {
  char name[] = "/tmp/lichen-probe-XXXXXX";
  const std::string directory = ::mkdtemp(name);
  EXPECT_EQ(probe_runtime_dir(directory, ::getuid()).state, ProbeState::ok);
  EXPECT_THAT(probe_runtime_dir(directory, ::getuid() + 1).fix, HasSubstr("unset XDG_RUNTIME_DIR"));
  ::chmod(directory.c_str(), 0755);
  EXPECT_EQ(probe_runtime_dir(directory, ::getuid()).fix, "chmod 0700 " + directory);
  remove_tree(directory);
  EXPECT_THAT(probe_runtime_dir(directory, ::getuid()).detail, HasSubstr("No such file"));
  EXPECT_THAT(probe_runtime_dir("", ::getuid()).detail, HasSubstr("not set"));
}

TEST(HostProbe, MissingProgramNamesItsPackage) {
  const auto probe = probe_program("lichen-no-such-program", "some-package", "nothing");
  EXPECT_EQ(probe.state, ProbeState::missing);
  EXPECT_EQ(probe.fix, "install the package some-package");
  EXPECT_EQ(probe_program("lichen-no-such-program", "p", "x", true).state, ProbeState::error);
}

TEST(HostProbe, IdMapHelpersAreLookedAt) {
  EXPECT_EQ(probe_id_map_helpers("/nonexistent").fix, "install the package uidmap");
  char name[] = "/tmp/lichen-probe-XXXXXX";
  const std::string directory = ::mkdtemp(name);
  write_file(directory + "/newuidmap", "#!/bin/sh\n", 0755);
  EXPECT_EQ(probe_id_map_helpers(directory).fix, "as root: chmod u+s " + directory + "/newuidmap");
  remove_tree(directory);
}

}  // namespace
}  // namespace lichen::sys
