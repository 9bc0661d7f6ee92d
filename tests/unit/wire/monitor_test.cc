// The contracts between engine and monitor survive the way there and back.
#include <gtest/gtest.h>

#include "libpod/base/error.hh"
#include "libpod/wire/container_state.hh"
#include "libpod/wire/monitor_args.hh"
#include "libpod/wire/monitor_protocol.hh"

namespace lichen::wire {
namespace {

TEST(MonitorProtocol, MessagesComeBackAsTheyWere) {
  for (int type = 1; type < 128; ++type) {
    Message message{.type = static_cast<MessageType>(type), .a = -5, .b = INT64_MIN, .text = std::string("x\0y", 3)};
    const auto back = decode(encode(message));
    const bool known = type <= 16 || (type >= 64 && type <= 72);
    ASSERT_EQ(back.has_value(), known) << type;
    if (!known) continue;
    EXPECT_EQ(back->type, message.type);
    EXPECT_EQ(back->text, message.text);
    const bool bulk = type == 3 || (type >= 66 && type <= 68);
    EXPECT_EQ(back->a, bulk ? 0 : -5);
    EXPECT_EQ(back->b, bulk ? 0 : INT64_MIN);
  }
}

TEST(MonitorProtocol, RefusesWhatIsNone) {
  EXPECT_FALSE(decode(""));
  EXPECT_FALSE(decode(std::string(1, '\0')));
  EXPECT_FALSE(decode("\x02short"));
  EXPECT_FALSE(decode(std::string(kMaxPacket + 1, '\x03')));
}

TEST(MonitorProtocol, ErrorsHaveThreeParts) {
  const auto parts = split_error(make_error("conflict", "it runs", "stop it"));
  EXPECT_EQ(parts.kind, "conflict");
  EXPECT_EQ(parts.text, "it runs");
  EXPECT_EQ(parts.hint, "stop it");
  EXPECT_LE(encode(make_error("system", std::string(1 << 20, 'x'), std::string(1 << 20, 'y'))).size(), kMaxPacket);
  EXPECT_EQ(split_error(Message{.type = MessageType::error, .a = 0, .b = 0, .text = "system"}).text, "");
}

TEST(MonitorArgs, ComeBackAsTheyWere) {
  MonitorConfig config;
  config.id = "abc";
  config.container_dir = "/c";
  config.run_dir = "/r";
  config.bundle_dir = "/b";
  config.runtime = "/bin/crun";
  config.runtime_args = {"--cgroup-manager=disabled", "--debug"};
  config.runtime_is_ours = false;
  config.rootfs = "/root fs";
  config.restart = "on-failure";
  config.restart_max_retries = 3;
  config.remove_dirs = {"/a", "/c"};
  config.sync_fd = 7;
  config.keep_fds = {8, 9};
  const auto argv = to_argv(config);
  EXPECT_EQ(to_argv(monitor_config_from_argv(argv)), argv);
  const auto back = monitor_config_from_argv(argv);
  EXPECT_EQ(back.rootfs, "/root fs");
  EXPECT_EQ(back.runtime_args, config.runtime_args);
  EXPECT_FALSE(back.runtime_is_ours);
  EXPECT_EQ(back.keep_fds, config.keep_fds);
  EXPECT_EQ(back.lock_fd, -1);
}

TEST(MonitorArgs, RefusesWhatIsIncomplete) {
  EXPECT_THROW(monitor_config_from_argv({}), Error);
  EXPECT_THROW(monitor_config_from_argv({"--id"}), Error);
  EXPECT_THROW(monitor_config_from_argv({"--nonsense", "x"}), Error);
  EXPECT_THROW(monitor_config_from_argv({"--sync-fd", "-3"}), Error);
}

TEST(ContainerState, BothWritersWriteTheSame) {
  ContainerState state;
  state.status = ContainerStatus::exited;
  state.pid = 12;
  state.pid_start = 345678;
  state.exit_code = 137;
  state.oom_killed = true;
  state.error = "cannot \"execute\"\n\xff";
  state.started_at = "2026-11-21T04:41:07.123456789Z";
  state.restart_count = 2;
  state.stopped_by_user = true;
  state.boot_id = "b";
  state.ports = {"0.0.0.0:80:80/tcp", "[::]:80:80/tcp"};
  EXPECT_EQ(dump_json(parse_json(state_text(state), "state")), dump_json(parse_json(dump_json(to_json(state)), "state")));
  EXPECT_EQ(container_state_from_json(parse_json(state_text(state), "state"), "state").ports, state.ports);
}

}  // namespace
}  // namespace lichen::wire
