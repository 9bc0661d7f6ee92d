#include "libpod/engine/boot_restart.hh"

#include <gtest/gtest.h>

#include "tests/unit/engine/test_store.hh"

namespace lichen::engine {
namespace {

class BootRestart : public ::testing::Test {
 protected:
  void add(const std::string& digits, spec::RestartPolicy policy) {
    store_.add_container(digits, "c" + digits, [&](spec::ContainerConfig& config) { config.restart = policy; });
  }
  std::optional<Finding> examine() { return examine_boot_restart(store_.engine.paths, home(), host()); }
  std::string home() const { return store_.engine.paths.root() + "/home"; }
  std::string host() const { return store_.engine.paths.root() + "/host"; }

  test::TestStore store_;
};

TEST_F(BootRestart, SaysNothingWhereNothingHelps) {
  add("a1", spec::RestartPolicy::always);
  EXPECT_FALSE(examine()) << "no systemd";
  sys::make_directories(host() + "/run/systemd/system", 0755);
  EXPECT_TRUE(examine());
  EXPECT_FALSE(examine_boot_restart({home(), home(), "boot"}, home(), host())) << "no store yet";
}

TEST_F(BootRestart, AsksForTheUnitWhenAContainerNeedsIt) {
  sys::make_directories(host() + "/run/systemd/system", 0755);
  add("a1", spec::RestartPolicy::on_failure);
  EXPECT_FALSE(examine());
  add("a2", spec::RestartPolicy::unless_stopped);
  const auto missing = examine();
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->state, "warning");
  EXPECT_NE(missing->detail.find("1 container with"), std::string::npos) << missing->detail;
  EXPECT_NE(missing->fix.find("systemctl --user enable lichen-restart"), std::string::npos);

  const std::string wants = home() + "/systemd/user/default.target.wants";
  sys::make_directories(wants, 0755);
  sys::make_symlink("/usr/lib/systemd/user/lichen-restart.service", wants + "/" + kRestartUnit);
  const auto enabled = examine();
  ASSERT_TRUE(enabled);
  EXPECT_EQ(enabled->state, "ok");
}

}  // namespace
}  // namespace lichen::engine
