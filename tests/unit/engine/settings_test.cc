// What the user configured, and where sockets and locks live.
#include "libpod/engine/settings.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/engine/config_file.hh"
#include "libpod/engine/runtime_dir.hh"
#include "tests/unit/spec/expect_error.hh"
#include "tests/unit/sys/support.hh"

#include <sys/stat.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

using spec::expect_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class SettingsTest : public ::testing::Test {
 protected:
  SettingsTest() {
    environment_.xdg_config_home = dir_ / "config";
    environment_.xdg_data_home = dir_ / "data";
    sys::make_directories(dir_ / "config/lichen");
  }
  void configure(const std::string& text) { sys::write_file(dir_ / "config/lichen/config.toml", text); }
  Settings load() { return load_settings(global_, environment_); }
  void expect_invalid(const std::string& text, const std::string& piece) {
    configure(text);
    expect_error(
        ErrorKind::invalid, piece, [&] { load(); }, text);
  }

  test::TempDir dir_;
  GlobalSettings global_;
  Environment environment_;
};

TEST_F(SettingsTest, DefaultsWithoutAFile) {
  const Settings settings = load();
  EXPECT_EQ(settings.root, dir_ / "data/lichen");
  EXPECT_EQ(settings.run_root, "");
  EXPECT_EQ(settings.config_path, "");
  EXPECT_EQ(settings.log_driver, "k8s-file");
  EXPECT_EQ(settings.stop_timeout_s, 10);
}

TEST_F(SettingsTest, CommandLineOverEnvironmentOverFile) {
  configure("[storage]\nroot = \"/file\"\nrunroot = \"/filerun\"\ndriver = \"vfs\"\n[engine]\nruntime = \"crun\"\n");
  EXPECT_EQ(load().root, "/file");
  EXPECT_EQ(load().run_root, "/filerun");
  EXPECT_EQ(load().storage_driver, "vfs");
  EXPECT_EQ(load().runtime, "crun");
  environment_.lichen_root = "/env";
  environment_.lichen_run_root = "/envrun";
  environment_.lichen_storage_driver = "overlay";
  environment_.lichen_runtime = "runc";
  EXPECT_EQ(load().root, "/env");
  EXPECT_EQ(load().run_root, "/envrun");
  EXPECT_EQ(load().storage_driver, "overlay");
  EXPECT_EQ(load().runtime, "runc");
  global_.root = "/line";
  global_.run_root = "/linerun";
  global_.storage_driver = "fuse-overlayfs";
  global_.runtime = "mine";
  EXPECT_EQ(load().root, "/line");
  EXPECT_EQ(load().run_root, "/linerun");
  EXPECT_EQ(load().storage_driver, "fuse-overlayfs");
  EXPECT_EQ(load().runtime, "mine");
}

TEST_F(SettingsTest, RelativePathsMeanTheCurrentDirectory) {
  global_.root = "some/../where";
  char* here = ::getcwd(nullptr, 0);
  EXPECT_EQ(load().root, std::string(here) + "/where");
  std::free(here);
  global_.root = "/a//b/../c";
  EXPECT_EQ(load().root, "/a/c");
  global_.root = "";
  environment_.xdg_data_home = "relative";  // the XDG specification: ignore it
  EXPECT_THAT(load().root, ::testing::EndsWith("/.local/share/lichen"));
}

TEST_F(SettingsTest, EveryKeyOfTheFile) {
  configure(
      "[storage]\nkeep_blobs = true\nfuse_overlayfs = \"/f\"\n[engine]\nstop_timeout = 3\npull_policy = "
      "\"always\"\ndetach_keys = "
      "\"ctrl-x\"\ncdi_spec_dirs = [\"/a\", {append=true}]\n"
      "[containers]\nlog_driver = \"none\"\nlog_size_max = 1000\ndefault_capabilities = [\"chown\", "
      "\"kill\"]\n[network]\ndefault = \"none\"\n");
  const Settings settings = load();
  EXPECT_EQ(settings.config_path, dir_ / "config/lichen/config.toml");
  EXPECT_EQ(settings.fuse_overlayfs, "/f");
  EXPECT_TRUE(settings.keep_blobs);
  EXPECT_EQ(settings.pull_policy, "always");
  EXPECT_EQ(settings.stop_timeout_s, 3);
  EXPECT_EQ(settings.detach_keys, "ctrl-x");
  EXPECT_THAT(settings.cdi_spec_dirs, ElementsAre("/etc/cdi", "/var/run/cdi", "/a"));
  EXPECT_EQ(settings.log_driver, "none");
  EXPECT_EQ(settings.log_max_size, 1000);
  EXPECT_THAT(settings.default_capabilities, ElementsAre("chown", "kill"));
  EXPECT_EQ(settings.network, "none");
}

TEST_F(SettingsTest, ErrorsHaveTheirLine) {
  const std::string file = dir_ / "config/lichen/config.toml";
  expect_invalid("[storage]\n\ndriverr = \"vfs\"\n",
                 file + ":3: unknown key 'storage.driverr' (did you mean 'storage.driver'?)");
  expect_invalid("[nothing]\nx = 1\n", file + ":2: unknown key 'nothing.x'");
  expect_invalid("[nothing]\nx = 1\n", "known keys: ");
  expect_invalid("top = 1\n", file + ":1: unknown key 'top'");
  expect_invalid("[engine]\nstop_timeout = 1.5\n", file + ":2: 'engine.stop_timeout' must be a number of seconds");
  expect_invalid("[engine]\nruntime = 1\n", file + ":2: 'engine.runtime' must be a string");
  expect_invalid("[containers]\ndefault_capabilities = [\"a\", 1]\n",
                 file + ":2: 'containers.default_capabilities' must be a list of strings");
  expect_invalid("[storage]\ndriver = \n", file + ":2: ");
  expect_invalid("[storage\n", file + ":1: ");
  expect_invalid("[storage]\ndriver = \"vfs\"\ndriver = \"overlay\"\n", file + ":3: ");
}

TEST_F(SettingsTest, UnknownDriverWhereverItComesFrom) {
  const auto load_it = [&] { load(); };
  global_.storage_driver = "aufs";
  expect_error(ErrorKind::usage, "unknown storage driver 'aufs' (use overlay", load_it);
  global_.storage_driver = "";
  configure("[storage]\ndriver = \"btrfs\"\n");
  expect_error(ErrorKind::usage, "unknown storage driver 'btrfs'", load_it);
}

TEST_F(SettingsTest, FileThatCannotBeRead) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read any file";
  configure("");
  ::chmod((dir_ / "config/lichen/config.toml").c_str(), 0);
  expect_error(ErrorKind::permission, "config.toml': Permission denied", [&] { load(); });
}

TEST(EnvironmentTest, LowerCaseProxyFirst) {
  ::setenv("http_proxy", "low", 1);
  ::setenv("HTTP_PROXY", "high", 1);
  ::setenv("LICHEN_ROOT", "/r", 1);
  EXPECT_EQ(Environment::capture().http_proxy, "low");
  ::unsetenv("http_proxy");
  EXPECT_EQ(Environment::capture().http_proxy, "high");
  EXPECT_EQ(Environment::capture().lichen_root, "/r");
  EXPECT_THAT(Environment::capture().all, ::testing::Contains("HTTP_PROXY=high"));
  ::unsetenv("HTTP_PROXY");
  ::unsetenv("LICHEN_ROOT");
}

class RuntimeDirTest : public ::testing::Test {
 protected:
  RuntimeDirTest() {
    sys::make_directory(dir_ / "xdg");
    root_ = dir_ / "root";
  }
  ~RuntimeDirTest() override {
    for (const auto& path : elsewhere_) sys::remove_tree(path);
  }
  std::string find(const std::string& xdg, const std::string& wanted = "") {
    std::string found = find_runtime_dir(root_, wanted, xdg);
    struct stat info {};
    EXPECT_EQ(::lstat(found.c_str(), &info), 0) << found;
    EXPECT_TRUE(S_ISDIR(info.st_mode));
    EXPECT_EQ(info.st_mode & 0777, 0700U);
    EXPECT_EQ(info.st_uid, ::geteuid());
    if (found.starts_with("/tmp/lichen-" + std::to_string(::geteuid()) + "-")) elsewhere_.push_back(found);
    return found;
  }
  // The choice without a usable XDG_RUNTIME_DIR.
  static std::string fallback() {
    const std::string standard = fmt::format("/run/user/{}", ::geteuid());
    struct stat info {};
    const bool ours =
        ::stat(standard.c_str(), &info) == 0 && info.st_uid == ::geteuid() && ::access(standard.c_str(), W_OK) == 0;
    return ours ? standard + "/lichen" : fmt::format("/tmp/lichen-{}-", ::geteuid());
  }

  test::TempDir dir_;
  std::string root_;
  std::vector<std::string> elsewhere_;
};

TEST_F(RuntimeDirTest, XdgIsRememberedForSessionsWithoutIt) {
  const std::string found = find(dir_ / "xdg");
  EXPECT_EQ(found, dir_ / "xdg/lichen");
  EXPECT_EQ(sys::read_link(root_ + "/run"), found);
  EXPECT_EQ(find(""), found) << "cron and su must see the same containers";
  sys::make_directory(dir_ / "other");
  EXPECT_EQ(find(dir_ / "other"), found);
}

TEST_F(RuntimeDirTest, WithoutXdgThereIsAPrivatePlace) {
  const std::string found = find("");
  EXPECT_THAT(found, StartsWith(fallback()));
  EXPECT_EQ(find(""), found);
  EXPECT_EQ(find(dir_ / "xdg"), found) << "decided once";
}

TEST_F(RuntimeDirTest, XdgThatIsNotUsableIsIgnored) {
  sys::write_file(dir_ / "file", "");
  for (const auto& bad : {dir_ / "none", dir_ / "file", std::string("relative")}) {
    root_ = dir_ / ("root" + std::to_string(bad.size()));
    EXPECT_THAT(find(bad), StartsWith(fallback())) << bad;
  }
}

TEST_F(RuntimeDirTest, XdgOfAnotherUserIsIgnored) {
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown((dir_ / "xdg").c_str(), 65534, 65534), 0);
    EXPECT_THAT(find(dir_ / "xdg"), StartsWith(fallback()));
  } else {
    EXPECT_THAT(find("/"), StartsWith(fallback()));
  }
}

TEST_F(RuntimeDirTest, APlantedDirectoryIsLeftAlone) {
  const std::string usual = dir_ / "xdg/lichen";
  sys::make_directory(dir_ / "planted");
  sys::make_symlink(dir_ / "planted", usual);
  EXPECT_THAT(find(dir_ / "xdg"), StartsWith(usual + "-"));
  EXPECT_TRUE(sys::list_directory(dir_ / "planted").empty());
  sys::remove_file(usual);
  sys::remove_file(root_ + "/run");
  sys::make_directory(usual, 0770);
  const std::string found = find(dir_ / "xdg");
  EXPECT_THAT(found, StartsWith(usual + "-"));
  EXPECT_EQ(find(dir_ / "xdg"), found) << "decided once";
}

TEST_F(RuntimeDirTest, LongPathsWork) {
  std::string longer = dir_.path();
  while (longer.size() < 200) longer += "/" + std::string(40, 'd');
  sys::make_directories(longer);
  EXPECT_EQ(find(longer), longer + "/lichen");
}

TEST_F(RuntimeDirTest, XdgItselfMayBeASymlink) {
  sys::make_symlink(dir_ / "xdg", dir_ / "link");
  EXPECT_EQ(find(dir_ / "link"), dir_ / "link/lichen");
  EXPECT_TRUE(sys::is_directory(dir_ / "xdg/lichen"));
}

TEST_F(RuntimeDirTest, APointerThatLeadsNowhereIsReplaced) {
  find(dir_ / "xdg");
  sys::remove_tree(dir_ / "xdg/lichen");  // logout, reboot
  sys::make_directory(dir_ / "other");
  EXPECT_EQ(find(dir_ / "other"), dir_ / "other/lichen");
  ASSERT_EQ(::chmod((dir_ / "other/lichen").c_str(), 0755), 0);
  EXPECT_EQ(find(dir_ / "xdg"), dir_ / "xdg/lichen") << "others may enter the old one";
}

TEST_F(RuntimeDirTest, AWantedOneIsUsedAsItIs) {
  EXPECT_EQ(find(dir_ / "xdg", dir_ / "my/own"), dir_ / "my/own");
  EXPECT_FALSE(sys::exists(root_ + "/run"));
  sys::make_directory(dir_ / "open", 0755);
  expect_error(ErrorKind::permission, "--runroot", [&] { find("", dir_ / "open"); });
}

TEST_F(RuntimeDirTest, ManyAtOnceAgree) {
  sys::Pipe answers = sys::make_pipe();
  std::vector<sys::Pid> finders;
  for (int i = 0; i < 8; ++i)
    finders.push_back(sys::fork_child([&] {
      sys::make_directories(dir_ / ("xdg" + std::to_string(i)));
      const std::string found = find_runtime_dir(root_, "", dir_ / ("xdg" + std::to_string(i))) + "\n";
      return ::write(answers.write.get(), found.data(), found.size()) > 0 ? 0 : 1;
    }));
  for (auto& finder : finders) EXPECT_EQ(finder.wait().code, 0);
  char buffer[8192];
  const ssize_t count = ::read(answers.read.get(), buffer, sizeof buffer);
  ASSERT_GT(count, 0);
  const std::string text(buffer, static_cast<std::size_t>(count));
  const std::string first = text.substr(0, text.find('\n') + 1);
  std::string expected;
  for (int i = 0; i < 8; ++i) expected += first;
  EXPECT_EQ(text, expected);
}

}  // namespace
}  // namespace lichen::engine
