// Monitors that answer by script, and events of many writers.
#include "libpod/engine/control.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/base/strings.hh"
#include "libpod/engine/events.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/socket.hh"
#include "tests/unit/engine/test_store.hh"
#include "tests/unit/spec/expect_error.hh"
#include "tests/unit/sys/support.hh"

#include <poll.h>
#include <sys/socket.h>

namespace lichen::engine {
namespace {

using namespace std::chrono_literals;
using spec::expect_error;
using wire::Message;
using wire::MessageType;

class ControlTest : public ::testing::Test {
 protected:
  ControlTest() {
    store_.engine.paths.make();
    run_ = store_.engine.paths.container_run(id_);
  }
  /// A monitor that takes one request and gives these answers, then closes. Without answers it stays silent.
  void serve(std::vector<Message> answers, bool raw = false) {
    sys::make_directories(run_);
    listener_ = sys::listen_unix(run_ + "/ctl.sock", SOCK_SEQPACKET);
    monitor_ = sys::fork_child([this, answers, raw] {
      const auto client = sys::accept_same_user(listener_.get());
      if (!client || !sys::receive_packet(client->get(), wire::kMaxPacket)) return 1;
      if (raw) sys::send_packet(client->get(), "\xff rubbish");
      for (const auto& answer : answers) sys::send_packet(client->get(), wire::encode(answer));
      if (answers.empty() && !raw) ::pause();
      return 0;
    });
  }
  std::optional<Exited> ask_exit(std::optional<std::chrono::milliseconds> timeout = 10s) {
    return request_exit(store_.engine, id_, {.type = MessageType::wait}, timeout);
  }
  bool ask_done() { return request_done(store_.engine, id_, {.type = MessageType::pause}); }

  test::TestStore store_;
  std::string id_ = test::id_of("abc");
  std::string run_;
  sys::UniqueFd listener_;
  sys::Pid monitor_;
};

TEST_F(ControlTest, NobodyThere) {
  EXPECT_FALSE(connect_monitor(store_.engine, id_));
  EXPECT_EQ(ask_exit().has_value(), false);
  EXPECT_FALSE(ask_done());
}

TEST_F(ControlTest, ExitedIsFoundBehindOutput) {
  serve({{.type = MessageType::out, .text = "noise"},
         {.type = MessageType::started},
         {.type = MessageType::exited, .a = 137, .b = wire::kExitedOom | wire::kExitedRemoved}});
  const auto exited = ask_exit();
  ASSERT_TRUE(exited);
  EXPECT_EQ(exited->code, 137);
  EXPECT_TRUE(exited->oom_killed);
  EXPECT_TRUE(exited->removed);
}

TEST_F(ControlTest, FlagsAreOneByOne) {
  serve({{.type = MessageType::exited, .a = 0, .b = wire::kExitedRemoved}});
  const auto exited = ask_exit();
  ASSERT_TRUE(exited);
  EXPECT_FALSE(exited->oom_killed);
  EXPECT_TRUE(exited->removed);
}

TEST_F(ControlTest, GoesWithoutAWord) {
  serve({{.type = MessageType::out, .text = "noise"}});
  EXPECT_FALSE(ask_exit());
}

TEST_F(ControlTest, DoneAndErrors) {
  serve({{.type = MessageType::done}});
  EXPECT_TRUE(ask_done());
  serve({wire::make_error("conflict", "it is paused", "unpause it first")});
  expect_error(ErrorKind::conflict, "it is paused (unpause it first)", [&] { ask_done(); });
  serve({wire::make_error("conflict", "it is paused", "unpause it first")});
  expect_error(ErrorKind::conflict, "it is paused", [&] { ask_exit(); });
}

TEST_F(ControlTest, SilenceIsAnErrorWithTheWayOut) {
  serve({});
  expect_error(ErrorKind::conflict, "its monitor did not answer in time (the monitor process may be stopped",
               [&] { ask_exit(50ms); });
}

TEST_F(ControlTest, RubbishIsSeen) {
  serve({}, /*raw=*/true);
  expect_error(ErrorKind::internal, "a packet that this lichen does not know", [&] { ask_exit(); });
}

TEST(MonitorError, KindsAndExitCodes) {
  const auto thrown = [](std::string_view kind) {
    try {
      throw_monitor_error(wire::make_error(kind, "text", "hint"));
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), "text");
      EXPECT_EQ(error.hint(), "hint");
      return error;
    }
  };
  EXPECT_EQ(thrown("not_executable").exit_code(), 126);
  EXPECT_EQ(thrown("not_executable").kind(), ErrorKind::permission);
  EXPECT_EQ(thrown("not_found_executable").exit_code(), 127);
  EXPECT_EQ(thrown("not_found_executable").kind(), ErrorKind::not_found);
  EXPECT_EQ(thrown("unsupported").kind(), ErrorKind::unsupported);
  EXPECT_EQ(thrown("unsupported").exit_code(), 0);
  EXPECT_EQ(thrown("of the future").kind(), ErrorKind::internal);
}

TEST(Events, LinesOfParallelWritersDoNotMix) {
  test::TestStore store;
  store.engine.paths.make();
  constexpr int kWriters = 6, kEach = 150;
  std::vector<sys::Pid> writers;
  for (int writer = 0; writer < kWriters; ++writer)
    writers.push_back(sys::fork_child([&] {
      const std::string filler(static_cast<std::size_t>(1000 + writer * 1500), static_cast<char>('a' + writer));
      for (int i = 0; i < kEach; ++i)
        append_event(store.engine, {.action = "start",
                                    .id = std::to_string(writer),
                                    .name = std::to_string(i),
                                    .attributes = {{"filler", filler}}});
      return 0;
    }));
  for (auto& writer : writers) ASSERT_EQ(writer.wait().code, 0);
  std::map<std::string, int> next;
  int lines = 0;
  auto files = sys::list_directory(store.engine.paths.events());
  std::sort(files.begin(), files.end());  // midnight may pass
  for (const auto& file : files) {
    EXPECT_TRUE(glob_match("[0-9][0-9][0-9][0-9][01][0-9][0-3][0-9].jsonl", file)) << file;
    for (const auto& line : split(sys::read_file(store.engine.paths.events() + "/" + file), '\n')) {
      if (line.empty()) continue;
      const Json json = parse_json(line, "event");
      const auto id = json["id"].get<std::string>();
      EXPECT_EQ(json["name"], std::to_string(next[id]++)) << "in the order of their writer";
      EXPECT_EQ(
          json["attributes"]["filler"].get<std::string>().find_first_not_of(static_cast<char>('a' + std::stoi(id))),
          std::string::npos);
      ++lines;
    }
  }
  EXPECT_EQ(lines, kWriters * kEach);
}

TEST(Events, HostileNamesStayOnOneLine) {
  test::TestStore store;
  store.engine.paths.make();
  append_event(store.engine,
               {.action = "die", .id = "x", .name = "a\nb\"}", .image = "\xff", .attributes = {{"exitCode", "0"}}});
  const auto files = sys::list_directory(store.engine.paths.events());
  ASSERT_EQ(files.size(), 1U);
  const auto lines = split(sys::read_file(store.engine.paths.events() + "/" + files[0]), '\n');
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(parse_json(lines[0], "event")["name"], "a\nb\"}");
  EXPECT_EQ(parse_json(lines[0], "event")["type"], "container");
}

TEST(Events, NoPlaceForThemIsNoFailure) {
  test::TestStore store;
  store.engine.paths.make();
  sys::remove_tree(store.engine.paths.events());
  EXPECT_NO_THROW(append_event(store.engine, {.action = "start"}));
}

}  // namespace
}  // namespace lichen::engine
