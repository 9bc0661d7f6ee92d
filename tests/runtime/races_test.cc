// What changes between check and use: at each system call on a path of `lichen-oci run`, one after the other, the
// attacker's half of a shared tree is exchanged for the hostile one (C04 C05 C06 C08). No chance is involved: as many
// runs as there are calls, and the last word is what the container then sees.
#include "tests/runtime/pauses.hh"

#include <stdio.h>

namespace lichen::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Races : public Box {
 protected:
  void SetUp() override {
    Box::SetUp();
    if (IsSkipped()) return;
    add_payload();
    sys::make_directories(dir_ + "/outside/sub", 0755);
    sys::write_file(dir_ + "/outside/canary", "untouched", 0644);
    sys::write_file(dir_ + "/source", "content\n", 0644);
  }
  void exchange(const std::string& a, const std::string& b) const {
    ASSERT_EQ(::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE), 0) << a << " " << b;
  }
  PausedRun run_at(int point, const std::string& a, const std::string& b) {
    const PausedRun result = run_paused(
        {program_path("lichen-oci"), "--root", dir_ + "/root", "run", "-b", dir_ + "/b", "r" + std::to_string(++runs_)},
        point, dir_, [&] { exchange(a, b); });
    if (point >= 0) exchange(a, b);
    return result;
  }
  void expect_outside_untouched(int point) const {
    EXPECT_EQ(sys::list_directory(dir_ + "/outside").size(), 2u) << point;
    EXPECT_TRUE(sys::list_directory(dir_ + "/outside/sub").empty()) << point;
    EXPECT_EQ(sys::read_file(dir_ + "/outside/canary"), "untouched") << point;
  }
  /// Exchange a and b at every call; `judge` sees each run. The first run, without an exchange, must be a good one.
  /// Long lists are thinned out in the normal run: LICHEN_TEST_ROUNDS=4 and more looks at every call.
  void at_every_call(const std::string& a, const std::string& b,
                     const std::function<void(const PausedRun&, int)>& judge) {
    write_bundle();
    PausedRun quiet;
    try {
      quiet = run_at(-1, a, b);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::unsupported) throw;
      GTEST_SKIP() << error.what();
    }
    ASSERT_EQ(quiet.output.code, 0) << quiet.output.err;
    ASSERT_GT(quiet.points, 40) << "the calls are not reported";
    judge(quiet, -1);
    const int stride = std::max(1, quiet.points / rounds(200));
    int good = 0, refused = 0;
    for (int point = 0; point < quiet.points; point += stride) {
      const PausedRun run = run_at(point, a, b);
      expect_outside_untouched(point);
      (run.output.code == 0 ? good : refused) += 1;
      if (run.output.code == 0) judge(run, point);
      if (HasFailure()) {
        ADD_FAILURE() << "at call " << point << " of " << quiet.points << ": " << run.output.out << run.output.err;
        return;
      }
    }
    EXPECT_GT(good, 0) << "no run at all went through: the test shows nothing";
    RecordProperty("good", good);
    RecordProperty("refused", refused);
  }
  void bind(const std::string& destination, const std::string& source) {
    spec_.mounts.push_back({destination, "bind", source, {"rbind"}, {}, {}});
  }
  /// /dev in the shared tree instead of on a tmpfs of the container's own.
  void use_shared_dev() {
    std::erase_if(spec_.mounts, [](const auto& mount) {
      return mount.destination == "/dev" || mount.destination == "/dev/pts" || mount.destination == "/dev/shm";
    });
  }
  std::string in_root(const std::string& path) const { return dir_ + "/rootfs" + path; }
};

TEST_F(Races, C04_ADirectoryOfAVolumeBecomesASymlink) {
  sys::make_directories(dir_ + "/volume/place/below", 0755);
  sys::make_symlink("../../../../../../../../../.." + dir_ + "/outside", dir_ + "/volume/lure");
  bind("/v", dir_ + "/volume");
  spec_.mounts.push_back({"/v/place/below/new", "tmpfs", "tmpfs", {}, {}, {}});
  bind("/v/place/file", dir_ + "/source");
  linux_section().masked_paths = {"/v/place/below"};
  linux_section().readonly_paths = {"/v/place"};
  process().args = {"true"};
  at_every_call(dir_ + "/volume/place", dir_ + "/volume/lure", [](const PausedRun&, int) {});
}

TEST_F(Races, C05_DevNullBecomesASymlinkToAFileOfProc) {
  use_shared_dev();
  linux_section().masked_paths = {"/proc/keys", "/proc/timer_list", "/proc/interrupts"};
  linux_section().readonly_paths = {"/proc/sys", "/proc/sysrq-trigger"};
  sys::make_symlink("/proc/sysrq-trigger", in_root("/dev/lure"));
  sys::write_file(in_root("/dev/null"), "", 0666);
  process().args = {"payload", "look", "/proc/keys", "/proc/timer_list", "/proc/interrupts"};
  at_every_call(in_root("/dev/null"), in_root("/dev/lure"), [](const PausedRun& run, int point) {
    for (const auto& line : split(run.output.out, '\n'))
      if (!line.empty()) {
        EXPECT_THAT(line, HasSubstr("c 1:3")) << point;
      }
  });
}

// The whole of /proc is exchanged with a directory of the attacker's, who then has a procfs without masks.
TEST_F(Races, C05_C08_TheMaskedProcIsTheOneThatIsMasked) {
  linux_section().masked_paths = {"/proc/timer_list", "/proc/keys"};
  linux_section().readonly_paths = {"/proc/sys"};
  sys::make_directories(in_root("/fake/sys/kernel"), 0755);
  process().args = {"payload",    "look",       "/proc/timer_list",        "/fake/timer_list",
                    "/proc/keys", "/fake/keys", "/proc/sys/kernel/msgmax", "/fake/sys/kernel/msgmax"};
  at_every_call(in_root("/proc"), in_root("/fake"), [](const PausedRun& run, int point) {
    EXPECT_THAT(run.output.out, HasSubstr("c 1:3")) << point << run.output.out;
    for (const auto& line : split(run.output.out, '\n')) {
      if (line.find("timer_list") != std::string::npos || line.find("keys") != std::string::npos) {
        EXPECT_TRUE(line.find("c 1:3") != std::string::npos || line.find("none") != std::string::npos) << point << line;
      }
      EXPECT_THAT(line, Not(HasSubstr("msgmax - writable"))) << point;
    }
  });
}

TEST_F(Races, C06_TheTerminalsDirectoryIsExchanged) {
  use_shared_dev();
  spec_.mounts.push_back(
      {"/dev/pts", "devpts", "devpts", {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}, {}, {}});
  sys::make_directories(in_root("/dev/pts"), 0755);
  sys::make_directories(in_root("/dev/fake"), 0755);
  sys::make_symlink("/secret", in_root("/dev/fake/ptmx"));
  sys::make_symlink("/proc/sysrq-trigger", in_root("/dev/fake/0"));
  sys::write_file(in_root("/secret"), "secret", 0600);
  process().terminal = true;
  process().args = {"payload", "look", "/dev/console"};
  at_every_call(in_root("/dev/pts"), in_root("/dev/fake"), [&](const PausedRun& run, int point) {
    EXPECT_THAT(run.output.out, HasSubstr("/dev/console c 136:")) << point;
    EXPECT_EQ(sys::read_file(in_root("/secret")), "secret");
  });
}

TEST_F(Races, C06_TheConsoleBecomesASymlink) {
  use_shared_dev();
  sys::write_file(in_root("/dev/console"), "", 0600);
  sys::make_symlink("../../../../../../../.." + dir_ + "/outside/canary", in_root("/dev/lure"));
  process().terminal = true;
  process().args = {"payload", "look", "/dev/console"};
  at_every_call(in_root("/dev/console"), in_root("/dev/lure"), [&](const PausedRun& run, int point) {
    // Whatever the name means by now, what we mounted is the terminal.
    if (point < 0) {
      EXPECT_THAT(run.output.out, HasSubstr("/dev/console c 136:"));
    }
    EXPECT_THAT(run.output.out, Not(HasSubstr("error"))) << point;
  });
}

}  // namespace
}  // namespace lichen::test
