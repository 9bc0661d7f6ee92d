// lichen-conmon as a program, against processes that the fake runtime makes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/lock.hh"
#include "tests/unit/conmon/harness.hh"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lichen::conmon::test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using wire::Message;
using wire::MessageType;

constexpr std::uint32_t kOutputs = wire::kAttachStdout | wire::kAttachStderr;

Message simple(MessageType type, std::int64_t a = 0, std::int64_t b = 0) {
  return {.type = type, .a = a, .b = b, .text = {}};
}

TEST(Monitor, RunsLogsAndReportsTheExit) {
  Harness h;
  h.run("echo hello; echo oops >&2; exit 3", kOutputs);
  std::string output;
  const auto exited = h.expect(MessageType::exited, &output);
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->a, 3);
  EXPECT_EQ(exited->b, 0);
  EXPECT_THAT(output, HasSubstr("hello\n"));
  EXPECT_THAT(output, HasSubstr("oops\n"));
  EXPECT_EQ(h.state().status, wire::ContainerStatus::exited);
  EXPECT_EQ(h.state().exit_code, 3);
  EXPECT_EQ(h.state().boot_id, "this-boot");
  EXPECT_FALSE(h.state().started_at.empty());
  EXPECT_FALSE(h.state().finished_at.empty());
  EXPECT_THAT(h.log(), HasSubstr(" stdout F hello\n"));
  EXPECT_THAT(h.log(), HasSubstr(" stderr F oops\n"));
  EXPECT_FALSE(sys::exists(h.config.marker_path)) << "published";
  EXPECT_EQ(h.monitor_exit(), 0);
  EXPECT_TRUE(sys::exists(h.config.run_dir + "/monitor.lock"));
  EXPECT_FALSE(sys::exists(h.config.run_dir + "/ctl.sock"));
  EXPECT_FALSE(sys::exists(h.config.runtime_root + "/" + h.config.id)) << "runtime delete was done";
}

TEST(Monitor, AutoRemoveLeavesNothing) {
  Harness h;
  h.config.auto_remove = true;
  h.run("exit 0", kOutputs);
  const auto exited = h.expect(MessageType::exited);
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->b, wire::kExitedRemoved);
  EXPECT_FALSE(sys::exists(h.config.container_dir)) << "invisible before the answer";
  EXPECT_FALSE(sys::exists(h.base + "/names/web"));
  EXPECT_EQ(h.monitor_exit(), 0);
  EXPECT_FALSE(sys::exists(h.config.run_dir));
  EXPECT_THAT(sys::list_directory(h.config.staging_dir), IsEmpty());
}

TEST(Monitor, ANameThatLeadsElsewhereStays) {
  Harness h;
  h.config.auto_remove = true;
  sys::remove_file(h.base + "/names/web");
  sys::make_symlink("../containers/other", h.base + "/names/web");
  h.run("exit 0", 0);
  ASSERT_TRUE(h.expect(MessageType::exited));
  EXPECT_TRUE(sys::exists(h.base + "/names/web"));
}

TEST(Monitor, AFailedCreateIsTheTypedErrorAndLeavesNothing) {
  Harness h;
  h.bundle_file("fail-create", "executable file `nosuch` not found in $PATH: No such file or directory");
  h.launch("exit 0");
  const auto error = h.receive();
  ASSERT_TRUE(error);
  ASSERT_EQ(error->type, MessageType::error);
  EXPECT_EQ(wire::split_error(*error).kind, "not_found_executable");
  EXPECT_THAT(wire::split_error(*error).text, HasSubstr("nosuch"));
  EXPECT_FALSE(sys::exists(h.config.container_dir));
  EXPECT_FALSE(sys::exists(h.base + "/names/web"));
  EXPECT_FALSE(sys::exists(h.config.marker_path));
  EXPECT_FALSE(sys::exists(h.config.run_dir));
  EXPECT_EQ(h.monitor_exit(), 1);
}

TEST(Monitor, AMissingRuntimeIsAnError) {
  Harness h;
  h.config.runtime = "/nonexistent/runtime";
  h.launch("exit 0");
  const auto error = h.receive();
  ASSERT_TRUE(error);
  ASSERT_EQ(error->type, MessageType::error);
  EXPECT_EQ(wire::split_error(*error).kind, "not_found");
  EXPECT_EQ(h.monitor_exit(), 1);
}

TEST(Monitor, StopSendsTheSignalAndThenKills) {
  Harness h;
  h.run("trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done", kOutputs);
  ASSERT_TRUE(h.expect(MessageType::out));
  h.send(simple(MessageType::stop, 0, -1));
  const auto exited = h.expect(MessageType::exited);
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->a, 7);
  EXPECT_TRUE(h.state().stopped_by_user);

  Harness deaf;
  deaf.run("trap '' TERM; echo ready; while :; do sleep 0.05; done", kOutputs);
  ASSERT_TRUE(deaf.expect(MessageType::out));
  deaf.send(simple(MessageType::stop, 0, 300));
  const auto killed = deaf.expect(MessageType::exited);
  ASSERT_TRUE(killed);
  EXPECT_EQ(killed->a, 137);
}

TEST(Monitor, KillIsAnsweredAndDecodesTheSignal) {
  Harness h;
  h.run("sleep 100", kOutputs);
  const auto client = h.connect();
  ASSERT_TRUE(client);
  Harness::send_to(client.get(), simple(MessageType::kill, SIGUSR1));
  EXPECT_EQ(Harness::receive_from(client.get())->type, MessageType::done);
  const auto exited = h.expect(MessageType::exited);
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->a, 128 + SIGUSR1);
  EXPECT_EQ(Harness::receive_from(client.get())->type, MessageType::exited);
}

TEST(Monitor, RestartsOnFailureAsOftenAsAllowed) {
  Harness h;
  h.config.restart = "on-failure";
  h.config.restart_max_retries = 2;
  h.run("echo again; exit 5", kOutputs);
  std::string output;
  const auto exited = h.expect(MessageType::exited, &output);
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->a, 5);
  EXPECT_EQ(output, "again\nagain\nagain\n");
  EXPECT_EQ(h.state().restart_count, 2);
}

TEST(Monitor, StopEndsTheBackOff) {
  Harness h;
  h.config.restart = "always";
  h.run("exit 1", kOutputs);
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  h.send(simple(MessageType::stop, 0, -1));
  ASSERT_TRUE(h.expect(MessageType::exited));
  EXPECT_EQ(h.monitor_exit(), 0);
  EXPECT_TRUE(h.state().stopped_by_user);
  EXPECT_GE(h.state().restart_count, 1);
}

TEST(Monitor, InputArrivesExactly) {
  Harness h;
  h.config.interactive = true;
  h.config.log_driver = "none";
  h.run("sha256sum; exit 0", kOutputs | wire::kAttachStdin);
  std::string data(3'000'001, '\0');
  std::mt19937 random(7);
  for (char& byte : data) byte = static_cast<char>(random());
  const std::string reference = h.base + "/reference";
  sys::write_file(reference, data);
  std::size_t under_way = 0;
  std::string output;
  for (std::size_t at = 0; at < data.size();) {
    if (under_way + wire::kMaxData <= wire::kStdinWindow) {
      const std::string piece = data.substr(at, wire::kMaxData);
      h.send({.type = MessageType::stdin_data, .a = 0, .b = 0, .text = piece});
      at += piece.size();
      under_way += piece.size();
      continue;
    }
    const auto taken = h.expect(MessageType::stdin_taken, &output);
    ASSERT_TRUE(taken);
    under_way -= static_cast<std::size_t>(taken->a);
  }
  h.send(simple(MessageType::stdin_eof));
  ASSERT_TRUE(h.expect(MessageType::exited, &output));
  EXPECT_EQ(output.substr(0, 64), sys::run_program({"sha256sum", reference}).out.substr(0, 64));
}

TEST(Monitor, TheStarterGoingEndsItsInputOnly) {
  Harness h;
  h.config.interactive = true;
  h.run("cat >/dev/null; echo end; exit 4", kOutputs | wire::kAttachStdin);
  const auto other = h.connect();
  Harness::send_to(other.get(), simple(MessageType::attach, kOutputs));
  Harness::send_to(other.get(), simple(MessageType::wait));
  h.sync.reset();
  std::optional<Message> message;
  while ((message = Harness::receive_from(other.get())) && message->type != MessageType::exited) {
  }
  ASSERT_TRUE(message);
  EXPECT_EQ(message->a, 4);
}

// A container that was there before: `start` that is killed half-way must not leave it waiting for ever.
TEST(Monitor, TheStarterGoingBeforeTheStartEndsAPublishedOneToo) {
  Harness h;
  h.config.marker_path.clear();
  h.launch("sleep 100");
  const auto created = h.expect(MessageType::created);
  ASSERT_TRUE(created);
  h.sync.reset();
  EXPECT_EQ(h.monitor_exit(), 1);
  EXPECT_FALSE(sys::exists(h.config.runtime_root + "/" + h.config.id)) << "runtime delete was done";
  EXPECT_NE(::kill(static_cast<pid_t>(created->a), 0), 0);
  EXPECT_TRUE(sys::exists(h.config.container_dir));
}

TEST(Monitor, ClientsComeAndGoWithoutALeak) {
  Harness h;
  h.run("echo ready; sleep 100", kOutputs);
  ASSERT_TRUE(h.expect(MessageType::out));
  const std::string fds = "/proc/" + std::to_string(h.monitor.get()) + "/fd";
  const auto before = sys::list_directory(fds).size();
  for (int i = 0; i < 200; ++i) {
    const auto client = h.connect();
    ASSERT_TRUE(client);
    Harness::send_to(client.get(), simple(MessageType::attach, kOutputs));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(sys::list_directory(fds).size(), before);
  h.send(simple(MessageType::remove));
  const auto exited = h.expect(MessageType::exited);
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->a, 137);
  EXPECT_EQ(exited->b, wire::kExitedRemoved);
  EXPECT_EQ(h.monitor_exit(), 0);
  EXPECT_FALSE(sys::exists(h.config.container_dir));
}

TEST(Monitor, RubbishEndsThatConnectionOnly) {
  Harness h;
  h.run("sleep 100", kOutputs);
  for (const std::string& rubbish :
       {std::string("\xff"), std::string("\x01"), std::string(70'000, 'x'), std::string("\x40\0\0", 3)}) {
    const auto client = h.connect();
    ASSERT_TRUE(client);
    ::send(client.get(), rubbish.data(), rubbish.size(), MSG_NOSIGNAL);
    EXPECT_FALSE(Harness::receive_from(client.get())) << "closed";
  }
  h.send(simple(MessageType::kill, SIGKILL));
  EXPECT_TRUE(h.expect(MessageType::exited));
}

TEST(Monitor, SigtermStopsTheContainer) {
  Harness h;
  h.config.restart = "always";
  h.run("trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done", kOutputs);
  ASSERT_TRUE(h.expect(MessageType::out));
  h.monitor.kill(SIGTERM);
  const auto exited = h.expect(MessageType::exited);
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->a, 9);
  EXPECT_EQ(h.monitor_exit(), 0);
}

// The promise that podman does not keep: a starter that dies leaves either a whole container or nothing.
TEST(Monitor, AStarterThatDiesLeavesNoOrphans) {
  std::mt19937 random(1);
  int published = 0;
  for (int round = 0; round < 100; ++round) {
    Harness h;
    h.launch("sleep 100");
    // The start request waits in the socket until the container is created.
    h.send(simple(MessageType::start));
    ::usleep(static_cast<useconds_t>(random() % 60'000));
    h.sync.reset();
    // Either the monitor goes, or it has published and says so by the missing marker.
    bool gone = false;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(15);
    while (!(gone = sys::wait_pidfd(h.monitor.pidfd(), std::chrono::milliseconds(2))) &&
           std::chrono::steady_clock::now() < deadline)
      if (!sys::exists(h.config.marker_path) && sys::exists(h.config.container_dir + "/state.json")) break;
    if (gone) {
      EXPECT_FALSE(sys::exists(h.config.container_dir));
      EXPECT_FALSE(sys::exists(h.config.run_dir));
      EXPECT_FALSE(sys::exists(h.config.runtime_root + "/" + h.config.id));
      EXPECT_THAT(sys::list_directory(h.config.staging_dir), IsEmpty());
    } else {
      ++published;
      ASSERT_FALSE(sys::exists(h.config.marker_path));
      EXPECT_EQ(h.state().status, wire::ContainerStatus::running);
      const auto client = h.connect();
      ASSERT_TRUE(client);
      Harness::send_to(client.get(), simple(MessageType::remove));
      EXPECT_EQ(Harness::receive_from(client.get())->type, MessageType::exited);
      ASSERT_TRUE(sys::wait_pidfd(h.monitor.pidfd(), std::chrono::seconds(5)));
    }
    // The fake runtime's processes name the bundle in their arguments.
    const auto left = sys::run_program({"pgrep", "-f", h.base});
    EXPECT_EQ(left.out, "") << "round " << round;
  }
  RecordProperty("published", published);
}

}  // namespace
}  // namespace lichen::conmon::test
