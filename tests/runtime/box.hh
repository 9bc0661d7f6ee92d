// A place for tests of lichen-oci: a user namespace like lichen's own, a bundle with busybox, and the runtime called as
// a program.
//
// Tests run as an ordinary user with a subordinate id range. The test program itself enters a user namespace with the
// ids 0..n and a mount namespace of its own, as the engine does before it calls the runtime. What the container prints
// comes back with its exit code.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/json.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/capabilities.hh"
#include "libpod/spec/oci_spec.hh"
#include "libpod/spec/seccomp_profile.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"
#include "libpod/sys/userns.hh"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lichen::test {

inline std::string program_path(const std::string& name) {
  if (const char* folder = std::getenv("LICHEN_TEST_BIN")) {
    const std::string path = std::string(folder) + "/" + name;
    if (sys::exists(path)) return path;
  }
  const std::string here = sys::program_directory();
  for (const auto& folder : {here + "/../bin/", here + "/"})
    if (sys::exists(folder + name)) return folder + name;
  throw Error(ErrorKind::not_found, "no program '" + name + "' beside the test");
}

/// Enter the namespaces once per program. @return why not; "" when done
inline std::string enter_namespaces() {
  static std::string problem = [] {
    if (::geteuid() == 0) return std::string("run as an ordinary user (tests/run does)");
    try {
      const auto ids = sys::subordinate_ids(::geteuid());
      if (ids.uids.empty()) return "no subordinate ids: " + ids.problem;
      sys::enter_new_user_namespace(sys::default_maps(::geteuid(), ::getegid(), ids));
      if (::unshare(CLONE_NEWNS) != 0) return std::string("no mount namespace");
      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
      ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  }();
  return problem;
}

/// How often a loop runs: `normal` times in the normal run, more with LICHEN_TEST_ROUNDS=FACTOR.
inline int rounds(int normal) {
  const char* factor = std::getenv("LICHEN_TEST_ROUNDS");
  return normal * std::max(1, factor != nullptr ? std::atoi(factor) : 1);
}

struct Output {
  int code = 0;
  std::string out, err;
};

class Box : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string problem = enter_namespaces();
    if (!problem.empty()) GTEST_SKIP() << problem;
    const char* temporary = std::getenv("TMPDIR");
    dir_ = std::string(temporary != nullptr ? temporary : "/tmp") + "/oci-" + random_hex(8);
    for (const std::string folder : {"", "/b", "/root", "/rootfs", "/rootfs/bin", "/rootfs/etc", "/rootfs/proc",
                                     "/rootfs/sys", "/rootfs/dev", "/rootfs/tmp"})
      sys::make_directories(dir_ + folder, 0755);
    copy_program("/bin/busybox", "/bin/busybox");
    for (const char* applet : {"sh",  "ls",    "cat",   "true", "sleep",    "id",   "mount", "echo",     "ps",
                               "env", "touch", "mkdir", "grep", "hostname", "stat", "tty",   "readlink", "kill",
                               "pwd", "wc",    "chmod", "rm",   "seq",      "stty", "sort",  "test",     "umount"})
      sys::make_symlink("busybox", dir_ + "/rootfs/bin/" + applet);
    sys::write_file(dir_ + "/rootfs/etc/passwd",
                    "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n", 0644);
    spec_ = base_spec();
  }

  void TearDown() override {
    if (dir_.empty()) return;
    for (const auto& id : sys::list_directory(dir_ + "/root")) oci({"delete", "-f", id});
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    sys::remove_tree(dir_);
  }

  void copy_program(const std::string& from, const std::string& to) {
    sys::write_file(dir_ + "/rootfs" + to, sys::read_file(from), 0755);
  }
  void add_payload() { copy_program(program_path("oci_payload"), "/bin/payload"); }

  spec::OciSpec base_spec() const {
    spec::OciSpec spec;
    spec.root = spec::OciRoot{dir_ + "/rootfs", false};
    spec.hostname = "box";
    spec.process.emplace();
    spec.process->args = {"sh"};
    spec.process->env = {"PATH=/bin", "TERM=dumb"};
    std::vector<std::string> caps;
    for (const auto cap : spec::default_capabilities()) caps.emplace_back(cap);
    spec.process->capabilities = spec::OciCapabilities{caps, caps, {}, caps, {}};
    spec.mounts = {
        {"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}, {}, {}},
        {"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}, {}, {}},
        {"/dev/pts",
         "devpts",
         "devpts",
         {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"},
         {},
         {}},
        {"/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}, {}, {}},
    };
    spec.linux_.emplace();
    for (const char* type : {"pid", "ipc", "uts", "mount", "cgroup"}) spec.linux_->namespaces.push_back({type, {}});
    return spec;
  }

  void write_bundle() const { sys::write_file(dir_ + "/b/config.json", dump_json_pretty(to_json(spec_)), 0644); }

  Output oci(std::vector<std::string> arguments, const std::string& input = {}) const {
    std::vector<std::string> argv{program_, "--root", dir_ + "/root"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    auto result = sys::run_program(argv, input);
    return {result.status.code, std::move(result.out), std::move(result.err)};
  }

  /// `run` of spec_ with these arguments.
  Output run(std::vector<std::string> args) {
    if (!args.empty()) spec_.process->args = std::move(args);
    write_bundle();
    return oci({"run", "-b", dir_ + "/b", "t" + std::to_string(++runs_)});
  }
  Output sh(const std::string& script) { return run({"sh", "-c", script}); }

  /// A running container "c" that sleeps; its standard streams are /dev/null.
  Output start_sleeper(const std::string& id = "c") {
    spec_.process->args = {"sleep", "1000"};
    write_bundle();
    const Output created = create(id);
    return created.code != 0 ? created : oci({"start", id});
  }
  /// `create` with streams that the waiting init may keep: it would hold run_program's pipes open.
  Output create(const std::string& id, std::vector<std::string> options = {}) const {
    const std::string err = dir_ + "/create.err";
    std::vector<std::string> argv{program_, "--root", dir_ + "/root", "create", "-b", dir_ + "/b"};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.push_back(id);
    const sys::UniqueFd null = sys::open_path("/dev/null", O_RDWR);
    const sys::UniqueFd out = sys::open_path(dir_ + "/" + id + ".out", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    const sys::UniqueFd log = sys::open_path(err, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    sys::Pid child = sys::spawn({.argv = argv, .fds = {{null.get(), 0}, {out.get(), 1}, {log.get(), 2}}});
    const int code = child.wait().code;
    return {code, {}, sys::read_file(err)};
  }
  /// What exec -d left is a child of ours, the subreaper: until it is reaped the container's pid namespace cannot end.
  void end_and_reap(const std::string& id = "c") const {
    EXPECT_EQ(oci({"kill", "-a", id, "KILL"}).code, 0);
    EXPECT_TRUE(wait_until([] { return ::waitpid(-1, nullptr, WNOHANG) > 0; }));
  }
  std::string output_of(const std::string& id) const { return sys::read_file(dir_ + "/" + id + ".out"); }

  Json state(const std::string& id) const { return parse_json(oci({"state", id}).out, "state"); }
  std::string status(const std::string& id) const {
    const Output result = oci({"state", id});
    return result.code == 0 ? parse_json(result.out, "state")["status"].get<std::string>() : "gone";
  }
  template <typename Condition>
  static bool wait_until(Condition condition, int milliseconds = 5000) {
    for (int waited = 0; waited < milliseconds; waited += 10) {
      if (condition()) return true;
      ::usleep(10000);
    }
    return condition();
  }

  spec::OciLinux& linux_section() { return *spec_.linux_; }
  spec::OciProcess& process() { return *spec_.process; }
  void use_default_seccomp() {
    linux_section().seccomp = spec::default_seccomp_profile(process().capabilities->bounding);
  }

  std::string dir_;
  std::string program_ = program_path("lichen-oci");
  spec::OciSpec spec_;
  int runs_ = 0;
};

}  // namespace lichen::test
