// create, start, state, kill, delete, list; hooks; terminals; what is left when somebody is killed; the command line.
#include "tests/runtime/box.hh"

#include "libpod/sys/lock.hh"
#include "libpod/sys/socket.hh"
#include "libpod/wire/runtime_cli.hh"

#include <signal.h>
#include <sys/socket.h>

namespace lichen::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class Lifecycle : public Box {
 protected:
  pid_t pid_of(const std::string& id) { return state(id)["pid"].get<pid_t>(); }
  static bool alive(pid_t pid) {
    const auto stat = sys::read_file_if_exists(format("/proc/{}/stat", pid));
    return stat && stat->find(") Z ") == std::string::npos;
  }
  std::string hook_script(const std::string& name, const std::string& script) {
    const std::string path = dir_ + "/" + name;
    sys::write_file(path, "#!/bin/sh\n" + script + "\n", 0755);
    return path;
  }
};

TEST_F(Lifecycle, StatesInOrder) {
  process().args = {"sleep", "1000"};
  write_bundle();
  ASSERT_EQ(create("12.x_+-", {"--pid-file", dir_ + "/pid"}).code, 0);
  EXPECT_EQ(status("12.x_+-"), "created");
  EXPECT_EQ(sys::read_file(dir_ + "/pid"), std::to_string(pid_of("12.x_+-")));
  EXPECT_EQ(oci({"start", "12.x_+-"}).code, 0);
  EXPECT_EQ(status("12.x_+-"), "running");
  const Output again = oci({"start", "12.x_+-"});
  EXPECT_EQ(again.code, 125);
  EXPECT_THAT(again.err, HasSubstr("it is not in the state created"));
  EXPECT_THAT(oci({"delete", "12.x_+-"}).err, HasSubstr("it is running"));
  EXPECT_THAT(oci({"list"}).out, HasSubstr("running"));
  EXPECT_EQ(oci({"list", "-q"}).out, "12.x_+-\n");
  EXPECT_EQ(parse_json(oci({"list", "-f", "json"}).out, "list")[0]["id"], "12.x_+-");
  EXPECT_EQ(oci({"kill", "12.x_+-", "KILL"}).code, 0);
  EXPECT_TRUE(wait_until([&] { return status("12.x_+-") == "stopped"; }));
  const Output dead = oci({"kill", "12.x_+-", "0"});
  EXPECT_NE(dead.code, 0);
  EXPECT_THAT(oci({"kill", "12.x_+-"}).err, HasSubstr("container not running"));
  EXPECT_EQ(oci({"delete", "12.x_+-"}).code, 0);
  EXPECT_EQ(status("12.x_+-"), "gone");
  EXPECT_EQ(oci({"delete", "12.x_+-"}).code, 1);
  EXPECT_EQ(oci({"delete", "-f", "12.x_+-"}).code, 0);
  EXPECT_TRUE(sys::list_directory(dir_ + "/root").empty());
}

TEST_F(Lifecycle, StateIsTheDocumentOfTheSpecification) {
  spec_.annotations = {{"org.example.key", "value"}};
  ASSERT_EQ(start_sleeper().code, 0);
  const Json json = state("c");
  EXPECT_EQ(json["ociVersion"], "1.2.0");
  EXPECT_EQ(json["id"], "c");
  EXPECT_EQ(json["bundle"], dir_ + "/b");
  EXPECT_EQ(json["annotations"]["org.example.key"], "value");
}

TEST_F(Lifecycle, TheBundleMayBeGone) {
  ASSERT_EQ(start_sleeper().code, 0);
  sys::remove_tree(dir_ + "/b");
  EXPECT_EQ(status("c"), "running");
  EXPECT_EQ(oci({"exec", "c", "true"}).code, 0);
  EXPECT_EQ(oci({"kill", "-a", "c", "SIGKILL"}).code, 0);
  EXPECT_TRUE(wait_until([&] { return status("c") == "stopped"; }));
  EXPECT_EQ(oci({"delete", "--force", "c"}).code, 0);
}

TEST_F(Lifecycle, SignalsByNameAndNumberToAll) {
  process().args = {"sh", "-c",
                    "trap 'echo got > /tmp/got' USR1; sh -c \"trap 'echo child > /tmp/child' USR1; echo up > /tmp/up; "
                    "while :; do sleep 0.05; done\" & while :; do sleep 0.05; done"};
  write_bundle();
  ASSERT_EQ(create("s").code, 0);
  ASSERT_EQ(oci({"start", "s"}).code, 0);
  ASSERT_TRUE(wait_until([&] { return sys::exists(dir_ + "/rootfs/tmp/up"); }));
  EXPECT_EQ(oci({"kill", "s", "10"}).code, 0);
  EXPECT_TRUE(wait_until([&] { return sys::exists(dir_ + "/rootfs/tmp/got"); }));
  EXPECT_FALSE(sys::exists(dir_ + "/rootfs/tmp/child"));
  EXPECT_EQ(oci({"kill", "--all", "s", "SIGUSR1"}).code, 0);
  EXPECT_TRUE(wait_until([&] { return sys::exists(dir_ + "/rootfs/tmp/child"); }));
  EXPECT_THAT(oci({"kill", "s", "NONSENSE"}).err, HasSubstr("'NONSENSE' is not a signal"));
}

TEST_F(Lifecycle, DeleteOfACreatedContainer) {
  write_bundle();
  ASSERT_EQ(create("c").code, 0);
  const pid_t pid = pid_of("c");
  EXPECT_EQ(oci({"delete", "c"}).code, 0);
  EXPECT_TRUE(wait_until([&] { return !alive(pid); }));
}

TEST_F(Lifecycle, AnIdIsTakenOnce) {
  ASSERT_EQ(start_sleeper().code, 0);
  const Output taken = create("c");
  EXPECT_EQ(taken.code, 125);
  EXPECT_THAT(taken.err, HasSubstr("the id is in use"));
  EXPECT_EQ(status("c"), "running");
  for (const std::string bad : {"", "..", ".", "a/b", "a b", "ä"})
    EXPECT_THAT(oci({"state", bad}).err, HasSubstr("container id")) << bad;
}

// What a killed `create` left is taken over; while it works it is not.
TEST_F(Lifecycle, ADeadCreatorsDirectoryIsNoObstacle) {
  sys::make_directories(dir_ + "/root/c", 0700);
  sys::write_file(dir_ + "/root/c/config.json", "half");
  ASSERT_EQ(start_sleeper().code, 0);
  sys::make_directories(dir_ + "/root/busy", 0700);
  const auto lock = sys::try_lock(dir_ + "/root/busy", sys::LockMode::exclusive);
  EXPECT_THAT(create("busy").err, HasSubstr("the id is in use"));
}

// A pid that belongs to another process by now is not our container.
TEST_F(Lifecycle, ReusedPidsAndReboots) {
  ASSERT_EQ(start_sleeper().code, 0);
  const std::string path = dir_ + "/root/c/state.json", good = sys::read_file(path);
  Json record = parse_json(good, path);
  record["startTime"] = record["startTime"].get<std::uint64_t>() + 1;
  sys::write_file(path, dump_json(record));
  EXPECT_EQ(status("c"), "stopped");
  EXPECT_NE(oci({"kill", "c", "KILL"}).code, 0);
  record = parse_json(good, path);
  record["bootId"] = "another boot";
  sys::write_file(path, dump_json(record));
  EXPECT_EQ(status("c"), "stopped");
  sys::write_file(path, good);
  EXPECT_EQ(status("c"), "running");
}

TEST_F(Lifecycle, KilledCreatorsLeaveNothingRunning) {
  process().args = {"sleep", "1000"};
  spec_.hooks.create_runtime.push_back({hook_script("slow", "sleep 20"), {}, {"PATH=/bin"}, {}});
  write_bundle();
  for (int round = 0; round < 5; ++round) {
    sys::Pid creator =
        sys::spawn({.argv = {program_path("lichen-oci"), "--root", dir_ + "/root", "create", "-b", dir_ + "/b", "k"}});
    ASSERT_TRUE(wait_until(
        [&] { return !sys::read_file(format("/proc/{}/task/{}/children", creator.get(), creator.get())).empty(); }));
    const auto children =
        split(std::string(trim(sys::read_file(format("/proc/{0}/task/{0}/children", creator.get())))), ' ');
    creator.kill(SIGKILL);
    creator.wait();
    for (const auto& child : children)
      EXPECT_TRUE(wait_until([&] { return !alive(static_cast<pid_t>(std::atoi(child.c_str()))); })) << child;
  }
}

TEST_F(Lifecycle, DiesWithItsParent) {
  process().args = {"sleep", "1000"};
  write_bundle();
  for (const bool started : {false, true}) {
    sys::Pid monitor = sys::fork_child([&] {
      ::prctl(PR_SET_CHILD_SUBREAPER, 1);
      if (create("d", {"--die-with-parent"}).code != 0) return 1;
      if (started && oci({"start", "d"}).code != 0) return 2;
      sys::write_file(dir_ + "/up", "");
      ::pause();
      return 0;
    });
    ASSERT_TRUE(wait_until([&] { return sys::exists(dir_ + "/up"); }));
    const pid_t pid = pid_of("d");
    EXPECT_TRUE(alive(pid));
    ::usleep(50000);
    EXPECT_TRUE(alive(pid)) << "the end of create must not kill it";
    monitor.kill(SIGKILL);
    monitor.wait();
    EXPECT_TRUE(wait_until([&] { return !alive(pid); })) << started;
    EXPECT_EQ(oci({"delete", "d"}).code, 0);
    sys::remove_file(dir_ + "/up");
  }
}

// The monitor's way to start (wire/runtime_cli.hh).
TEST_F(Lifecycle, TheStartSocket) {
  process().args = {"sleep", "1000"};
  write_bundle();
  ASSERT_EQ(create("c").code, 0);
  const std::string path = dir_ + "/root/c/" + std::string(wire::kStartSocket);
  { const auto look = sys::connect_unix(path, SOCK_SEQPACKET); }
  const auto connection = sys::connect_unix(path, SOCK_SEQPACKET);
  ASSERT_TRUE(connection);
  ASSERT_TRUE(sys::send_packet(connection->get(), wire::kStartRequest));
  EXPECT_FALSE(sys::receive_packet(connection->get(), wire::kMaxStartReply));
  EXPECT_EQ(status("c"), "running");
  EXPECT_FALSE(sys::connect_unix(path, SOCK_SEQPACKET));

  sys::write_file(dir_ + "/rootfs/garbage", "no program", 0755);
  process().args = {"/garbage"};
  write_bundle();
  ASSERT_EQ(create("g").code, 0);
  const auto other = sys::connect_unix(dir_ + "/root/g/" + std::string(wire::kStartSocket), SOCK_SEQPACKET);
  ASSERT_TRUE(sys::send_packet(other->get(), wire::kStartRequest));
  const auto reply = sys::receive_packet(other->get(), wire::kMaxStartReply);
  ASSERT_TRUE(reply);
  const auto failure = wire::decode_start_failure(reply->data);
  EXPECT_EQ(failure.exit_code, 126);
  EXPECT_THAT(failure.text, HasSubstr("exec format error"));
}

TEST_F(Lifecycle, CreateTellsAMissingProgram) {
  process().args = {"missing"};
  write_bundle();
  const Output result = create("c", {});
  EXPECT_EQ(result.code, 127);
  EXPECT_EQ(status("c"), "gone");
}

TEST_F(Lifecycle, HooksInTheirOrderWithTheState) {
  const std::string log = dir_ + "/hooks";
  const auto hook = [&](const std::string& name) {
    return spec::OciHook{hook_script(name, format("cat > {0}/{1}.state; echo {1} $X >> {2}", dir_, name, log)),
                         {name},
                         {"X=env", "PATH=/bin:/usr/bin"},
                         10};
  };
  spec_.hooks.prestart = {hook("prestart")};
  spec_.hooks.create_runtime = {hook("createRuntime")};
  spec_.hooks.create_container = {hook("createContainer")};
  spec_.hooks.start_container = {{"/bin/sh",
                                  {"sh", "-c", "cat > /tmp/startContainer.state; echo startContainer > /tmp/order"},
                                  {"PATH=/bin"},
                                  {}}};
  spec_.hooks.poststart = {hook("poststart")};
  spec_.hooks.poststop = {hook("poststop")};
  ASSERT_EQ(start_sleeper().code, 0);
  const pid_t pid = pid_of("c");
  EXPECT_EQ(oci({"delete", "-f", "c"}).code, 0);
  EXPECT_EQ(sys::read_file(log), "prestart env\ncreateRuntime env\ncreateContainer env\npoststart env\npoststop env\n");
  for (const auto& [name, status] : std::map<std::string, std::string>{{"prestart", "creating"},
                                                                       {"createRuntime", "creating"},
                                                                       {"createContainer", "creating"},
                                                                       {"poststart", "running"},
                                                                       {"poststop", "stopped"}}) {
    const Json json = parse_json(sys::read_file(dir_ + "/" + name + ".state"), name);
    EXPECT_EQ(json["status"], status) << name;
    EXPECT_EQ(json["pid"], name == "poststop" ? 0 : pid) << name;
  }
  const Json inside = parse_json(sys::read_file(dir_ + "/rootfs/tmp/startContainer.state"), "state");
  EXPECT_EQ(inside["id"], "c");
  EXPECT_EQ(inside["status"], "created");
}

TEST_F(Lifecycle, AFailingHookStopsTheCreation) {
  spec_.hooks.create_runtime = {{hook_script("bad", "exit 3"), {}, {}, {}}};
  Output result = run({"true"});
  EXPECT_EQ(result.code, 125);
  EXPECT_THAT(result.err, HasSubstr("createRuntime hook '" + dir_ + "/bad': it ended with exit code 3"));
  spec_.hooks.create_runtime = {{hook_script("slow", "exec sleep 30"), {}, {"PATH=/bin"}, 1}};
  result = run({"true"});
  EXPECT_THAT(result.err, HasSubstr("it did not end within 1 seconds"));
  spec_.hooks.create_runtime = {{"/no/such/hook", {}, {}, {}}};
  EXPECT_THAT(run({"true"}).err, HasSubstr("execute '/no/such/hook'"));
  EXPECT_TRUE(sys::list_directory(dir_ + "/root").empty());
}

// Hooks get no descriptors, annotations choose none.
TEST_F(Lifecycle, C01_C47_HooksGetNothingOfOurs) {
  spec_.annotations = {{"run.oci.hooks", "/bin/false"}, {"org.criu.config", "/x"}};
  const std::string payload = program_path("oci_payload");
  spec_.hooks.create_runtime = {{payload, {"payload", "fds"}, {}, {}}};
  spec_.hooks.create_container = {{payload, {"payload", "fds"}, {}, {}}};
  const sys::UniqueFd leak = sys::open_path("/", O_RDONLY | O_DIRECTORY);
  sys::set_cloexec(leak.get(), false);
  EXPECT_EQ(run({"true"}).out, "0\n1\n2\n0\n1\n2\n");
}

TEST_F(Lifecycle, ATerminalThroughAConsoleSocket) {
  process().terminal = true;
  process().console_size = spec::OciConsoleSize{33, 99};
  process().args = {"sh", "-c",
                    "tty; stat -c %t /dev/console; stty size; test -t 2 && echo terminal; read line; echo got $line"};
  write_bundle();
  const std::string path = dir_ + "/console.sock";
  const sys::UniqueFd listener = sys::listen_unix(path, SOCK_STREAM);
  ASSERT_EQ(create("t", {"--console-socket", path}).code, 0);
  const auto connection = sys::accept_same_user(listener.get());
  ASSERT_TRUE(connection);
  const auto packet = sys::receive_packet(connection->get(), 64);
  ASSERT_TRUE(packet && packet->fd);
  ASSERT_EQ(oci({"start", "t"}).code, 0);
  sys::write_all(packet->fd.get(), "hello\n", "terminal");
  std::string text;
  char buffer[512];
  for (ssize_t count; (count = ::read(packet->fd.get(), buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(count));
  for (const std::string part : {"/dev/pts/0\r\n", "88\r\n", "33 99\r\n", "terminal\r\n", "got hello\r\n"})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST_F(Lifecycle, ATerminalNeedsATaker) {
  process().terminal = true;
  write_bundle();
  EXPECT_THAT(create("t").err, HasSubstr("hint: give --console-socket"));
  EXPECT_THAT(create("t", {"--console-socket", dir_ + "/nobody"}).err, HasSubstr("nobody listens"));
  process().terminal = false;
  write_bundle();
  EXPECT_THAT(create("t", {"--console-socket", dir_ + "/nobody"}).err, HasSubstr("process.terminal is false"));
}

// `run` without a console socket stands between: what the container does with its terminal is not our caller's (C20).
TEST_F(Lifecycle, RunProxiesATerminalOfItsOwn) {
  process().terminal = true;
  const Output result = sh("tty; exit 5");
  EXPECT_EQ(result.code, 5);
  EXPECT_EQ(result.out, "/dev/pts/0\r\n");
  process().terminal = false;
  ASSERT_EQ(start_sleeper().code, 0);
  EXPECT_EQ(oci({"exec", "-t", "c", "sh", "-c", "tty; exit 6"}).out, "/dev/pts/0\r\n");
}

TEST_F(Lifecycle, CommandLine) {
  write_bundle();
  EXPECT_EQ(oci({"--version"}).code, 0);
  EXPECT_THAT(oci({"--help"}).out, HasSubstr("--seccomp-cache"));
  EXPECT_THAT(oci({"create", "--help"}).out, HasSubstr("--console-socket"));
  const Output unknown = oci({"create", "--bundel", "x", "c"});
  EXPECT_EQ(unknown.code, 125);
  EXPECT_THAT(unknown.err, HasSubstr("unknown option '--bundel' of 'create'\nhint: did you mean '--bundle'?"));
  EXPECT_THAT(oci({"craete", "c"}).err, HasSubstr("did you mean 'create'?"));
  EXPECT_THAT(oci({"create"}).err, HasSubstr("usage: lichen-oci"));
  EXPECT_THAT(oci({"create", "--no-pivot", "c"}).err, HasSubstr("--no-pivot"));
  EXPECT_THAT(oci({"create", "-b", dir_ + "/nowhere", "c"}).err, HasSubstr("/nowhere"));
  // As runc, crun and Slurm write them.
  EXPECT_EQ(oci({"--rootless=true", "--systemd-cgroup", "--debug", "--log-format=json", "--log", dir_ + "/log", "run",
                 "r1", "-b", dir_ + "/b"},
                "exit 3\n")
                .code,
            3);
  EXPECT_EQ(oci({"--rootless", "true", "--cgroup-manager=cgroupfs", "run", "--bundle=" + dir_ + "/b",
                 "--no-new-keyring", "1.2.3"},
                "exit 4\n")
                .code,
            4);
}

TEST_F(Lifecycle, ErrorsInTheLog) {
  process().args = {"missing"};
  write_bundle();
  oci({"--log", dir_ + "/log", "--log-format", "json", "run", "-b", dir_ + "/b", "x"});
  const Json line = parse_json(sys::read_file(dir_ + "/log"), "log");
  EXPECT_EQ(line["level"], "error");
  EXPECT_EQ(line["kind"], "not_found");
  EXPECT_THAT(line["msg"].get<std::string>(), HasSubstr("executable file not found in $PATH"));
}

TEST_F(Lifecycle, TemplateAndFeatures) {
  sys::make_directories(dir_ + "/new", 0755);
  EXPECT_EQ(oci({"spec", "--rootless", "-b", dir_ + "/new"}).code, 0);
  EXPECT_THAT(oci({"spec", "-b", dir_ + "/new"}).err, HasSubstr("it exists"));
  Json config = parse_json(sys::read_file(dir_ + "/new/config.json"), "config");
  config["process"]["args"] = {"id", "-u"};
  config["root"]["path"] = dir_ + "/rootfs";
  sys::write_file(dir_ + "/new/config.json", dump_json(config));
  const Output result = oci({"run", "-b", dir_ + "/new", "n"});
  EXPECT_EQ(result.out, "0\n") << result.err;
  const Json features = parse_json(oci({"features"}).out, "features");
  EXPECT_EQ(features["ociVersionMax"], "1.2.0");
  EXPECT_TRUE(features["linux"]["seccomp"]["enabled"].get<bool>());
}

TEST_F(Lifecycle, WhatConfigJsonMustHave) {
  const auto refused = [&](const std::string& text) {
    write_bundle();
    const Output result = oci({"run", "-b", dir_ + "/b", "x"});
    EXPECT_EQ(result.code, 125);
    EXPECT_THAT(result.err, HasSubstr(text));
    spec_ = base_spec();
  };
  process().args.clear();
  refused("process.args");
  linux_section().namespaces.push_back({"pid", {}});
  refused("'pid' is there twice");
  linux_section().namespaces.push_back({"user", {}});
  refused("linux.uidMappings");
  std::erase_if(linux_section().namespaces, [](const auto& entry) { return entry.type == "mount"; });
  refused("there is no mount namespace");
  linux_section().resources.emplace().memory.emplace().limit = 1 << 20;
  refused("apply linux.resources");
  linux_section().mount_label = "x";
  refused("linux.mountLabel");
  sys::write_file(dir_ + "/b/config.json", "{nonsense");
  EXPECT_EQ(oci({"run", "-b", dir_ + "/b", "x"}).code, 125);
}

TEST_F(Lifecycle, LimitsThatCannotBeAppliedAreLeftOutWhenAsked) {
  linux_section().resources.emplace().memory.emplace().limit = 1 << 20;
  process().args = {"true"};
  write_bundle();
  const Output strict = oci({"run", "-b", dir_ + "/b", "x"});
  if (strict.code == 0) GTEST_SKIP() << "a cgroup is delegated here";
  EXPECT_THAT(strict.err, HasSubstr("hint: limits need a delegated cgroup v2"));
  EXPECT_EQ(oci({"--ignore-cgroups", "run", "-b", dir_ + "/b", "x"}).code, 0);
  EXPECT_EQ(oci({"--rootless=true", "run", "-b", dir_ + "/b", "x"}).code, 0);
}

}  // namespace
}  // namespace lichen::test
