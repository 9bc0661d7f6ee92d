// What the program gets: ids, groups, capabilities, limits, environment, descriptors, working directory, exit codes;
// the same for exec.
#include "tests/runtime/box.hh"

namespace lichen::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kDefaultMask = "00000000800405fb";

class Process : public Box {
 protected:
  // "Inh Prm Eff Bnd Amb" in one line.
  std::string caps_of(const Output& result) {
    std::string line;
    for (const auto& word : split(replace_all(result.out, "\n", "\t"), '\t'))
      if (word.size() == 16) line += (line.empty() ? "" : " ") + word;
    return line + result.err;
  }
  static constexpr const char* kCaps = "grep Cap /proc/self/status";
};

TEST_F(Process, C12_CapabilitySetsAreExactlyTheSpecs) {
  const std::string zero(16, '0'), standard = kDefaultMask;
  EXPECT_EQ(caps_of(sh(kCaps)), format("{} {} {} {} {}", zero, standard, standard, standard, zero));
  process().capabilities = spec::OciCapabilities{{"CAP_KILL"}, {"CAP_KILL"}, {}, {"CAP_KILL"}, {}};
  EXPECT_EQ(caps_of(sh(kCaps)), format("{0} 0000000000000020 0000000000000020 0000000000000020 {0}", zero));
  process().capabilities.reset();
  EXPECT_EQ(caps_of(sh(kCaps)), format("{0} {0} {0} {0} {0}", zero));
  process().capabilities =
      spec::OciCapabilities{{"CAP_KILL", "CAP_CHOWN"}, {"CAP_KILL"}, {"CAP_KILL"}, {"CAP_KILL"}, {"CAP_KILL"}};
  process().user.uid = 1000;
  const std::string kill = "0000000000000020";
  EXPECT_EQ(caps_of(sh(kCaps)), format("{0} {0} {0} 0000000000000021 {0}", kill));
}

TEST_F(Process, C12_AnOrdinaryUserLosesThemAtExecve) {
  process().user = {1000, 1000, {}, {}};
  const std::string zero(16, '0');
  EXPECT_EQ(caps_of(sh(kCaps)), format("{0} {0} {0} {1} {0}", zero, kDefaultMask));
}

TEST_F(Process, UnknownCapabilitiesAreRefused) {
  process().capabilities->bounding.push_back("CAP_NONSENSE");
  EXPECT_THAT(run({"true"}).err, HasSubstr("'CAP_NONSENSE' is not a capability"));
}

TEST_F(Process, C11_UsersAndGroups) {
  EXPECT_EQ(sh("grep -E '^(Uid|Gid|Groups)' /proc/self/status").out,
            "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t \n");
  process().user = {1000, 50, 0077, {60, 70}};
  EXPECT_EQ(sh("grep -E '^(Uid|Gid|Groups|Umask)' /proc/self/status").out,
            "Umask:\t0077\nUid:\t1000\t1000\t1000\t1000\nGid:\t50\t50\t50\t50\nGroups:\t60 70 \n");
}

TEST_F(Process, C11_AGroupThatIsKeptOutStaysOut) {
  sys::write_file(dir_ + "/rootfs/secret", "x", 0707);
  ASSERT_EQ(::chown((dir_ + "/rootfs/secret").c_str(), 0, 77), 0);
  ASSERT_EQ(::chmod((dir_ + "/rootfs/secret").c_str(), 0707), 0);
  process().user = {1000, 1000, {}, {77}};
  EXPECT_NE(sh("cat /secret").code, 0);
  process().user.additional_gids.clear();
  EXPECT_EQ(sh("cat /secret").code, 0);
}

TEST_F(Process, LimitsAndScores) {
  process().rlimits = {{"RLIMIT_NOFILE", 100, 200}, {"RLIMIT_CORE", 0, 0}};
  process().oom_score_adj = 500;
  process().no_new_privileges = true;
  const Output result =
      sh("ulimit -n; ulimit -Hn; ulimit -c; cat /proc/self/oom_score_adj; grep NoNewPrivs /proc/self/status");
  EXPECT_EQ(result.out, "100\n200\n0\n500\nNoNewPrivs:\t1\n") << result.err;
}

TEST_F(Process, ALimitThatCannotBeRaisedIsAnError) {
  process().rlimits = {{"RLIMIT_NOFILE", 1ull << 40, 1ull << 40}};
  const Output result = run({"true"});
  EXPECT_EQ(result.code, 125);
  EXPECT_THAT(result.err, HasSubstr("set limit RLIMIT_NOFILE"));
  EXPECT_THAT(result.err, HasSubstr("hint: without root"));
  process().rlimits = {{"RLIMIT_NONSENSE", 1, 1}};
  EXPECT_THAT(run({"true"}).err, HasSubstr("'RLIMIT_NONSENSE' is not a limit"));
}

// Slurm appends entries: the last one wins.
TEST_F(Process, C15_Environment) {
  process().env = {"PATH=/bin", "A=1", "B=two words", "A=2", "LINE=a\nb"};
  EXPECT_EQ(run({"env"}).out, "PATH=/bin\nA=2\nB=two words\nLINE=a\nb\nHOME=/root\n");
  process().user.uid = 1000;
  EXPECT_THAT(run({"env"}).out, HasSubstr("HOME=/home/user\n"));
  process().env.push_back("HOME=/elsewhere");
  EXPECT_THAT(run({"env"}).out, HasSubstr("HOME=/elsewhere\n"));
}

// What the image has for /etc/passwd cannot hold us up.
TEST_F(Process, C14_HostilePasswd) {
  const std::string path = dir_ + "/rootfs/etc/passwd";
  sys::remove_file(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0666), 0);
  EXPECT_THAT(run({"env"}).out, HasSubstr("HOME=/\n"));
  sys::remove_file(path);
  sys::make_symlink("/dev/zero", path);
  EXPECT_THAT(run({"env"}).out, HasSubstr("HOME=/\n"));
  sys::remove_file(path);
  sys::write_file(path, "", 0644);
  ASSERT_EQ(::truncate(path.c_str(), 1ll << 30), 0);
  EXPECT_THAT(run({"env"}).out, HasSubstr("HOME=/\n"));
}

TEST_F(Process, ExitCodes) {
  EXPECT_EQ(sh("exit 7").code, 7);
  EXPECT_EQ(sh("kill -9 $$; sleep 1").code, 0) << "pid 1 is immune to its own SIGKILL";
  const Output missing = run({"missing"});
  EXPECT_EQ(missing.code, 127);
  EXPECT_THAT(missing.err, HasSubstr("exec: \"missing\": executable file not found in $PATH"));
  const Output path = run({"/no/such"});
  EXPECT_EQ(path.code, 127);
  EXPECT_THAT(path.err, HasSubstr("exec: \"/no/such\": stat /no/such: no such file or directory"));
  EXPECT_EQ(run({"/etc/passwd"}).code, 126);
  EXPECT_EQ(run({"/etc"}).code, 126);
  sys::write_file(dir_ + "/rootfs/script", "#!/no/such/interpreter\n", 0755);
  EXPECT_EQ(run({"/script"}).code, 127);
  sys::write_file(dir_ + "/rootfs/garbage", "no program", 0755);
  const Output garbage = run({"/garbage"});
  EXPECT_EQ(garbage.code, 126);
  EXPECT_THAT(garbage.err, HasSubstr("exec format error"));
}

TEST_F(Process, ProgramsThatOnlyTheUserMayRun) {
  sys::write_file(dir_ + "/rootfs/own", "#!/bin/sh\necho ran\n", 0700);
  ASSERT_EQ(::chown((dir_ + "/rootfs/own").c_str(), 1000, 1000), 0);
  process().user = {1000, 1000, {}, {}};
  EXPECT_EQ(run({"/own"}).out, "ran\n");
  process().user = {2000, 2000, {}, {}};
  process().capabilities->effective.clear();  // CAP_DAC_OVERRIDE would open it
  EXPECT_EQ(run({"/own"}).code, 126);
}

TEST_F(Process, WorkingDirectory) {
  process().cwd = "/tmp";
  EXPECT_EQ(run({"pwd"}).out, "/tmp\n");
  EXPECT_EQ(sh("./x; true").code, 0);
  process().cwd = "/missing";
  const Output result = run({"pwd"});
  EXPECT_EQ(result.code, 127);
  EXPECT_THAT(result.err,
              HasSubstr("chdir to cwd (\"/missing\") set in config.json failed: no such file or directory"));
  process().cwd = "relative";
  EXPECT_THAT(run({"pwd"}).err, HasSubstr("process.cwd must be an absolute path"));
}

// The caller leaves directories of the host open; no number of a descriptor leads there.
TEST_F(Process, C01_OpenDirectoriesOfTheCallerAreNoWayOut) {
  std::vector<sys::UniqueFd> open;
  for (int i = 0; i < 12; ++i) {
    open.push_back(sys::open_path("/", (i % 2 == 0 ? O_RDONLY : O_PATH) | O_DIRECTORY));
    sys::set_cloexec(open.back().get(), false);
  }
  add_payload();
  EXPECT_EQ(run({"payload", "fds"}).out, "0\n1\n2\n");
  ASSERT_EQ(start_sleeper().code, 0);
  int refused = 0;
  for (int fd = 3; fd < 40; ++fd) {
    process().cwd = format("/proc/self/fd/{}", fd);
    const Output result = sh("pwd; ls /home 2>&1");
    EXPECT_THAT(result.out, Not(HasSubstr("dev"))) << fd;
    refused += result.code != 0;
    const Output exec = oci({"exec", "--cwd", process().cwd, "c", "pwd"});
    EXPECT_NE(exec.code, 0) << fd << exec.out;
    const Output program = run({format("/proc/self/fd/{}/bin/true", fd)});
    EXPECT_NE(program.code, 0) << fd;
  }
  EXPECT_EQ(refused, 37);
}

TEST_F(Process, C01_PreservedDescriptors) {
  const sys::Pipe pipe = sys::make_pipe();
  write_bundle();
  add_payload();
  process().args = {"payload", "fds"};
  write_bundle();
  const sys::UniqueFd out = sys::open_path(dir_ + "/out", O_RDWR | O_CREAT, 0644);
  sys::Pid child =
      sys::spawn({.argv = {program_path("lichen-oci"), "--root", dir_ + "/root", "run", "--preserve-fds", "2", "-b",
                           dir_ + "/b", "p"},
                  .fds = {{out.get(), 1}, {pipe.read.get(), 3}, {pipe.write.get(), 4}, {pipe.write.get(), 5}}});
  EXPECT_EQ(child.wait().code, 0);
  EXPECT_EQ(sys::read_file(dir_ + "/out"), "0\n1\n2\n3\n4\n");
  const Output closed = oci({"run", "--preserve-fds", "900", "-b", dir_ + "/b", "p"});
  EXPECT_THAT(closed.err, HasSubstr("is not open"));
}

// CVE-2019-5736: while programs are started in the container, one of its processes tries without a pause to open what
// /proc/PID/exe leads to for writing. LICHEN_TEST_ROUNDS=40 gives the thousand rounds of the catalogue.
TEST_F(Process, C02_OurProgramCannotBeWritten) {
  add_payload();
  // A copy that is ours: only what the runtime does about it keeps the container's root from writing to it.
  const std::string before = sys::read_file(program_);
  program_ = dir_ + "/lichen-oci";
  sys::write_file(program_, before, 0755);
  ASSERT_EQ(start_sleeper().code, 0);
  // #!/proc/self/exe runs the runtime's image again, now as a program of the container.
  sys::write_file(dir_ + "/rootfs/evil", "#!/proc/self/exe\n", 0755);
  ASSERT_EQ(oci({"exec", "-d", "c", "sh", "-c", "exec >/dev/null 2>&1; payload write-exes"}).code, 0);
  ASSERT_TRUE(wait_until([&] { return sys::exists(dir_ + "/rootfs/tmp/tries"); }));
  for (int i = 0; i < rounds(25); ++i) {
    run({"/evil", "--version"});
    oci({"exec", "c", "/evil"});
    EXPECT_EQ(oci({"exec", "c", "true"}).code, 0);
  }
  const auto number = [&](const char* name) {
    return std::atol(sys::read_file_if_exists(dir_ + "/rootfs/tmp/" + name).value_or("0").c_str());
  };
  EXPECT_TRUE(wait_until([&] { return number("tries") > 20; })) << "the writer did not run beside us";
  EXPECT_GT(number("caught"), 0) << "no program of ours was ever met: the test shows nothing";
  // What was caught has ended: now nothing but its mount keeps it from being opened.
  const long then = number("tries");
  EXPECT_TRUE(wait_until([&] { return number("tries") > then + 2; }));
  EXPECT_EQ(sys::read_file_if_exists(dir_ + "/rootfs/tmp/written").value_or(""), "");
  end_and_reap();
  EXPECT_TRUE(sys::read_file(program_) == before) << "the program was changed";
}

// CVE-2021-43784: what is handed from the runtime to init is long. It arrives whole, or is refused in words.
TEST_F(Process, C13_ALongMessageToInit) {
  for (int i = 0; i < 2000; ++i) process().env.push_back(format("V{}={}", i, std::string(100, 'v')));
  std::vector<std::string> args{"sh", "-c", "echo $# $V1999; env | wc -l"};
  for (int i = 0; i < 2000; ++i) args.push_back(std::string(100, 'a'));
  const Output whole = run(args);
  EXPECT_EQ(whole.out, "1999 " + std::string(100, 'v') + "\n2005\n") << whole.err;
  process().env = {"PATH=/bin", "BIG=" + std::string(200'000, 'x')};
  const Output too_long = run({"true"});  // MAX_ARG_STRLEN is 128 KiB
  EXPECT_NE(too_long.code, 0);
  EXPECT_THAT(too_long.err, HasSubstr("rgument list too long"));
  process().env = {"PATH=/bin"};
  linux_section().namespaces.push_back({"user", {}});
  for (unsigned i = 0; i < 20'000; ++i) linux_section().uid_mappings.push_back({i, i + 1, 1});
  linux_section().gid_mappings = {{0, 1, 1000}};
  const Output maps = run({"true"});
  EXPECT_EQ(maps.code, 125);
  EXPECT_THAT(maps.err, HasSubstr("uid_map"));
}

TEST_F(Process, C01_C02_AWaitingInitIsClosedToOthers) {
  process().args = {"true"};
  write_bundle();
  ASSERT_EQ(create("w").code, 0);
  const auto pid = std::to_string(state("w")["pid"].get<int>());
  // A directory of the host or a file of ours would be a way out; sockets and pidfds are not.
  for (const auto& name : sys::list_directory("/proc/" + pid + "/fd")) {
    const auto target = sys::read_link("/proc/" + pid + "/fd/" + name).value_or("");
    const bool standard = name == "0" || name == "1" || name == "2";
    EXPECT_TRUE(standard || target.starts_with("socket:") || target.starts_with("anon_inode:"))
        << name << " " << target;
  }
  EXPECT_LT(::open(("/proc/" + pid + "/exe").c_str(), O_WRONLY | O_CLOEXEC), 0);
}

TEST_F(Process, RunningAnotherProgramInAContainer) {
  process().env.push_back("FROM=config");
  ASSERT_EQ(start_sleeper().code, 0);
  EXPECT_EQ(oci({"exec", "c", "echo", "-n", "hello", "--help"}).out, "hello --help");
  EXPECT_EQ(oci({"exec", "c", "sh", "-c", "exit 9"}).code, 9);
  EXPECT_EQ(oci({"exec", "c", "sh", "-c", "kill -15 $$"}).code, 143);
  EXPECT_EQ(oci({"exec", "c", "missing"}).code, 127);
  EXPECT_EQ(oci({"exec", "c", "/etc/passwd"}).code, 126);
  EXPECT_EQ(caps_of(oci({"exec", "c", "sh", "-c", kCaps})), caps_of(sh(kCaps)));
  EXPECT_EQ(
      oci({"exec", "-u", "1000:50", "--cwd", "/tmp", "-e", "X=1", "c", "sh", "-c", "id -u; id -g; pwd; echo $X $FROM"})
          .out,
      "1000\n50\n/tmp\n1 config\n");
  EXPECT_THAT(oci({"exec", "--cap", "CAP_NET_RAW", "c", "sh", "-c", kCaps}).out, HasSubstr("00000000800425fb"));
  EXPECT_EQ(oci({"exec", "--no-new-privs", "c", "grep", "NoNewPrivs", "/proc/self/status"}).out, "NoNewPrivs:\t1\n");
  EXPECT_EQ(oci({"exec", "c", "cat"}, "through standard input").out, "through standard input");
  EXPECT_EQ(oci({"exec", "missing", "true"}).code, 125);
}

TEST_F(Process, ExecWithAProcessFile) {
  ASSERT_EQ(start_sleeper().code, 0);
  spec::OciProcess other = process();
  other.args = {"sh", "-c", "id -u; umask"};
  other.user = {1000, 1000, 0027, {}};
  sys::write_file(dir_ + "/process.json", dump_json(to_json(other)));
  EXPECT_EQ(oci({"exec", "--process", dir_ + "/process.json", "c"}).out, "1000\n0027\n");
  const Output bad = oci({"exec", "-p", dir_ + "/missing.json", "c"});
  EXPECT_EQ(bad.code, 125);
  EXPECT_THAT(bad.err, HasSubstr("missing.json"));
}

TEST_F(Process, ExecInAContainerWithItsOwnUserNamespace) {
  linux_section().namespaces.push_back({"user", {}});
  linux_section().uid_mappings = {{0, 1, 1000}};
  linux_section().gid_mappings = {{0, 1, 1000}};
  ASSERT_EQ(start_sleeper().code, 0);
  const Output result =
      oci({"exec", "c", "sh", "-c",
           "id -u; readlink /proc/self/ns/user; readlink /proc/1/ns/user; grep CapEff /proc/self/status"});
  const auto lines = split(result.out, '\n');
  ASSERT_GE(lines.size(), 4u) << result.err;
  EXPECT_EQ(lines[0], "0");
  EXPECT_EQ(lines[1], lines[2]);
  EXPECT_EQ(lines[3], std::string("CapEff:\t") + kDefaultMask);
}

TEST_F(Process, DetachedExec) {
  ASSERT_EQ(start_sleeper().code, 0);
  const Output result = oci({"exec", "-d", "--pid-file", dir_ + "/exec.pid", "c", "sh", "-c",
                             "exec >/dev/null 2>&1; echo ran > /tmp/ran; exec sleep 100"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_TRUE(wait_until([&] { return sys::exists(dir_ + "/rootfs/tmp/ran"); }));
  EXPECT_TRUE(sys::exists("/proc/" + sys::read_file(dir_ + "/exec.pid")));
  end_and_reap();
}

}  // namespace
}  // namespace lichen::test
