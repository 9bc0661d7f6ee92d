// The monitor's command line and its messages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/wire/monitor_args.hh"
#include "libpod/wire/monitor_protocol.hh"
#include "tests/unit/spec/expect_error.hh"

namespace lichen::wire {
namespace {

using spec::expect_error;
using ::testing::ElementsAre;

MonitorConfig least() {
  MonitorConfig config;
  config.id = std::string(64, 'a');
  config.container_dir = "/c";
  config.run_dir = "/r";
  config.bundle_dir = "/b";
  config.runtime = "/bin/lichen-oci";
  return config;
}

// A usage error of an internal program has no hint; the shared helper wants one.
void expect_usage(const std::string& piece, const std::vector<std::string>& argv) {
  try {
    monitor_config_from_argv(argv);
    ADD_FAILURE() << "no error, expected: " << piece;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.what(), ::testing::HasSubstr(piece));
  }
}

TEST(MonitorArgs, EveryFieldGoesRound) {
  MonitorConfig config = least();
  config.name = "--odd name";
  config.rootfs = "/m";
  config.runtime_root = "/o";
  config.runtime_args = {"--cgroup-manager=disabled", "--id", ""};
  config.runtime_is_ours = false;
  config.start_by_command = true;
  config.startup_process = "/r/startup-process.json";
  config.startup_retries = 4;
  config.log_driver = "json-file";
  config.log_path = "/l";
  config.log_max_size = 1LL << 40;
  config.log_max_files = 5;
  config.tty = config.interactive = config.auto_remove = true;
  config.stop_signal = "SIGINT";
  config.stop_timeout_s = -1;
  config.restart = "on-failure";
  config.restart_max_retries = 7;
  config.marker_path = "/s/c-a";
  config.staging_dir = "/s";
  config.remove_dirs = {"/v/1", "/c"};
  config.remove_links = {"/n/x"};
  config.events_dir = "/e";
  config.boot_id = "boot";
  config.pidfile = "/p";
  config.ports = {"0.0.0.0:80:80/tcp", "x"};
  config.image = "docker.io/library/x:latest";
  config.sync_fd = 3;
  config.lock_fd = 4;
  config.marker_fd = 0;
  config.keep_fds = {7, 8};
  const auto argv = to_argv(config);
  const MonitorConfig back = monitor_config_from_argv(argv);
  EXPECT_EQ(to_argv(back), argv);
  EXPECT_EQ(back.name, config.name);
  EXPECT_EQ(back.runtime_args, config.runtime_args);
  EXPECT_FALSE(back.runtime_is_ours);
  EXPECT_TRUE(back.start_by_command);
  EXPECT_EQ(back.startup_process, config.startup_process);
  EXPECT_EQ(back.startup_retries, 4);
  EXPECT_TRUE(back.tty && back.interactive && back.auto_remove);
  EXPECT_EQ(back.log_max_size, config.log_max_size);
  EXPECT_EQ(back.stop_timeout_s, -1);
  EXPECT_EQ(back.marker_fd, 0);
  EXPECT_EQ(back.keep_fds, config.keep_fds);
  EXPECT_EQ(back.remove_dirs, config.remove_dirs);
  EXPECT_EQ(back.ports, config.ports);
  EXPECT_EQ(back.log_driver, "json-file");
  EXPECT_EQ(back.restart_max_retries, 7);
}

TEST(MonitorArgs, DefaultsStay) {
  const auto back = monitor_config_from_argv(to_argv(least()));
  EXPECT_EQ(back.log_driver, "k8s-file");
  EXPECT_EQ(back.sync_fd, -1);
  EXPECT_TRUE(back.runtime_is_ours);
  EXPECT_THAT(back.keep_fds, ElementsAre());
}

TEST(MonitorArgs, Refused) {
  expect_usage("lichen-conmon is started by lichen: --id", {});
  for (const char* option : {"--id", "--container-dir", "--run-dir", "--bundle", "--runtime"}) {
    auto argv = to_argv(least());
    const auto at = std::find(argv.begin(), argv.end(), option);
    ASSERT_NE(at, argv.end()) << option;
    argv.erase(at, at + 2);
    expect_usage("are needed", argv);
  }
  const auto with = [](std::vector<std::string> more) {
    auto argv = to_argv(least());
    argv.insert(argv.end(), more.begin(), more.end());
    return argv;
  };
  expect_usage("unknown option '--none'", with({"--none", "x"}));
  expect_usage("unknown option 'word'", with({"word"}));
  expect_usage("option '--name' needs a value", with({"--name"}));
  expect_usage("--stop-timeout 'soon': not a number", with({"--stop-timeout", "soon"}));
  expect_usage("--sync-fd '-1': not a file descriptor", with({"--sync-fd", "-1"}));
  expect_usage("--keep-fd '99999999999': not a file descriptor", with({"--keep-fd", "99999999999"}));
  expect_usage("--tty 'yes': neither true nor false", with({"--tty", "yes"}));
}

constexpr MessageType kNumbered[] = {
    MessageType::attach,      MessageType::start,   MessageType::stdin_eof, MessageType::resize,  MessageType::stop,
    MessageType::kill,        MessageType::wait,    MessageType::pause,     MessageType::unpause, MessageType::remove,
    MessageType::get_rootfs,  MessageType::exec,    MessageType::detach,    MessageType::update,  MessageType::hold,
    MessageType::created,     MessageType::started, MessageType::exited,    MessageType::done,    MessageType::rootfs,
    MessageType::stdin_taken, MessageType::restart};

TEST(MonitorProtocol, EveryMessageGoesRound) {
  const std::string text("bytes\0\xff with all", 16);
  for (const auto type : kNumbered)
    for (const std::int64_t number : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{255}, INT64_MIN, INT64_MAX}) {
      const auto back = decode(encode({.type = type, .a = number, .b = ~number, .text = text}));
      ASSERT_TRUE(back) << static_cast<int>(type);
      EXPECT_EQ(back->type, type);
      EXPECT_EQ(back->a, number);
      EXPECT_EQ(back->b, ~number);
      EXPECT_EQ(back->text, text);
    }
  for (const auto type : {MessageType::stdin_data, MessageType::out, MessageType::err, MessageType::error}) {
    const auto back = decode(encode({.type = type, .text = text}));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->text, text);
  }
}

TEST(MonitorProtocol, LayoutIsFixed) {
  // Programs of different versions talk: a running monitor outlives an upgrade.
  EXPECT_EQ(encode({.type = MessageType::kill, .a = 15, .b = 0x0102}),
            std::string("\x07\x0f\0\0\0\0\0\0\0\x02\x01\0\0\0\0\0\0", 17));
  EXPECT_EQ(encode({.type = MessageType::out, .text = "x"}), "\x43x");
}

TEST(MonitorProtocol, StrangersAreNotUnderstood) {
  EXPECT_FALSE(decode(""));
  for (int type = 0; type < 256; ++type) {
    const bool known = (type >= 1 && type <= 18) || (type >= 64 && type <= 73);
    EXPECT_EQ(decode(std::string(1, static_cast<char>(type)) + std::string(16, '\0')).has_value(), known) << type;
  }
  const std::string kill = encode({.type = MessageType::kill, .a = 9});
  for (std::size_t length = 0; length < kill.size(); ++length) EXPECT_FALSE(decode(kill.substr(0, length))) << length;
  EXPECT_TRUE(decode(encode({.type = MessageType::out, .text = std::string(kMaxPacket - 1, 'x')})));
  EXPECT_FALSE(decode(encode({.type = MessageType::out, .text = std::string(kMaxPacket, 'x')})));
}

TEST(MonitorProtocol, ErrorsHaveThreeParts) {
  const auto back = split_error(*decode(encode(make_error("conflict", "it is paused", "unpause it"))));
  EXPECT_EQ(back.kind, "conflict");
  EXPECT_EQ(back.text, "it is paused");
  EXPECT_EQ(back.hint, "unpause it");
  const auto empty = split_error({.type = MessageType::error, .text = "only"});
  EXPECT_EQ(empty.kind, "only");
  EXPECT_EQ(empty.text, "");
  EXPECT_EQ(empty.hint, "");
}

TEST(MonitorProtocol, HugeErrorsStillFitAPacket) {
  const std::string huge(1 << 20, 'e');
  const auto packet = encode(make_error("system", huge, huge));
  EXPECT_LE(packet.size(), kMaxPacket);
  ASSERT_TRUE(decode(packet));
  EXPECT_FALSE(split_error(*decode(packet)).hint.empty());
}

}  // namespace
}  // namespace lichen::wire
