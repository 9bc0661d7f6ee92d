// The monitor's parts that need no container.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conmon/clients.hh"
#include "conmon/record.hh"
#include "conmon/restart_policy.hh"
#include "conmon/runtime.hh"
#include "libpod/base/error.hh"
#include "libpod/base/json.hh"
#include "libpod/sys/socket.hh"

#include <sys/socket.h>

namespace lichen::conmon {
namespace {

using namespace std::chrono_literals;
using wire::Message;
using wire::MessageType;

TEST(RestartPolicy, FollowsDockersRules) {
  RestartDecision decision;
  EXPECT_FALSE(decision.should_restart(1, false));
  decision.set_policy({"always", 0});
  EXPECT_TRUE(decision.should_restart(0, false));
  EXPECT_FALSE(decision.should_restart(0, true)) << "the user stopped it";
  decision.set_policy({"unless-stopped", 0});
  EXPECT_TRUE(decision.should_restart(0, false));
  decision.set_policy({"on-failure", 2});
  EXPECT_FALSE(decision.should_restart(0, false));
  EXPECT_TRUE(decision.should_restart(1, false));
  decision.next_delay(0ms);
  decision.next_delay(0ms);
  EXPECT_FALSE(decision.should_restart(1, false)) << "twice is enough";
}

TEST(RestartPolicy, BacksOff) {
  RestartDecision decision;
  EXPECT_EQ(decision.next_delay(0ms), 100ms);
  EXPECT_EQ(decision.next_delay(9'999ms), 200ms);
  EXPECT_EQ(decision.next_delay(10s), 100ms);
  for (int i = 0; i < 20; ++i) decision.next_delay(0ms);
  EXPECT_EQ(decision.next_delay(0ms), 60s);
}

TEST(RestartPolicy, ReadsUpdates) {
  EXPECT_EQ(parse_restart_update("restart=on-failure:3").max_retries, 3);
  EXPECT_EQ(parse_restart_update("restart=no").name, "no");
  for (const char* wrong :
       {"", "restart", "restart=", "restart=sometimes", "restart=always:3", "restart=on-failure:x", "memory=1"})
    EXPECT_THROW(parse_restart_update(wrong), Error) << wrong;
}

TEST(RuntimeLog, SpeaksOursCrunsAndRuncs) {
  const auto ours = parse_runtime_log(
      "{\"msg\":\"execute '/x': no\",\"level\":\"error\",\"kind\":\"conflict\",\"hint\":\"try y\"}\n", 125, true);
  EXPECT_EQ(ours.kind, "conflict");
  EXPECT_EQ(ours.hint, "try y");
  EXPECT_EQ(parse_runtime_log("lichen-oci: error: gone\nhint: look\n", 127, true).kind, "not_found_executable");
  EXPECT_EQ(parse_runtime_log("lichen-oci: error: gone\nhint: look\n", 127, true).text, "gone");
  EXPECT_EQ(parse_runtime_log("lichen-oci: error: gone\nhint: look\n", 126, true).hint, "look");
  const char* crun =
      "{\"msg\":\"warned\",\"level\":\"warning\"}\n"
      "{\"msg\":\"executable file `x` not found in $PATH: No such file or directory\",\"level\":\"error\"}\n";
  EXPECT_EQ(parse_runtime_log(crun, 1, false).kind, "not_found_executable");
  EXPECT_THAT(parse_runtime_log(crun, 1, false).text, ::testing::HasSubstr("`x`"));
  EXPECT_EQ(parse_runtime_log("{\"msg\":\"exec: \\\"/x\\\": permission denied\",\"level\":\"error\"}", 1, false).kind,
            "not_executable");
  EXPECT_EQ(parse_runtime_log("{broken", 1, false).text, "{broken");
  EXPECT_EQ(parse_runtime_log("", 1, false).kind, "system");
}

TEST(EventLine, IsJsonWhateverTheNames) {
  wire::MonitorConfig config;
  config.id = "abc";
  config.name = "we\"b\n";
  config.image = "img\xff";
  const std::string line = event_line(config, "2026-01-01T00:00:00Z", "die", {{"exitCode", "3"}});
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const Json json = parse_json(line, "event");
  EXPECT_EQ(json["name"], "we\"b\n");
  EXPECT_EQ(json["type"], "container");
  EXPECT_EQ(json["attributes"]["exitCode"], "3");
}

// A client that never reads: the container is paced, then goes on without it; when it reads again it is told what it
// missed.
TEST(Clients, OneThatStallsIsLeftBehind) {
  sys::EventLoop loop;
  bool paused = false;
  Clients clients(loop, {[](ClientId, const Message&) {}, [](ClientId) {}, [&](bool stop) { paused = stop; }}, 100ms);
  sys::SocketPair pair = sys::make_socket_pair(SOCK_SEQPACKET);
  const ClientId id = clients.add(std::move(pair.second));
  clients.set_streams(id, wire::kAttachStdout);
  const std::string chunk(wire::kMaxData, 'x');
  std::size_t sent = 0;
  for (; !paused && sent < 100u << 20; sent += chunk.size()) clients.broadcast(wire::LogStream::out, chunk);
  EXPECT_TRUE(paused);
  EXPECT_LT(sent, 1u << 20) << "memory is bounded";
  const auto begin = std::chrono::steady_clock::now();
  while (paused && std::chrono::steady_clock::now() - begin < 5s) loop.step(50ms);
  EXPECT_FALSE(paused);
  for (int i = 0; i < 100; ++i, sent += chunk.size()) clients.broadcast(wire::LogStream::out, chunk);
  EXPECT_FALSE(paused);
  EXPECT_TRUE(clients.flushed()) << "nobody waits for it at the end";
  clients.send(id, {.type = MessageType::exited, .a = 9, .b = 0, .text = {}});

  std::size_t received = 0;
  std::string note;
  for (;;) {
    loop.step(0ms);
    const auto packet = sys::receive_packet(pair.first.get(), wire::kMaxPacket);
    ASSERT_TRUE(packet);
    const auto message = wire::decode(packet->data);
    ASSERT_TRUE(message);
    if (message->type == MessageType::out) received += message->text.size();
    if (message->type == MessageType::error) note = wire::split_error(*message).text;
    if (message->type == MessageType::exited) break;
  }
  EXPECT_THAT(note, ::testing::StartsWith(std::to_string(sent - received) + " bytes"));
}

}  // namespace
}  // namespace lichen::conmon
