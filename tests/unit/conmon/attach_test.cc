// The engine's attach client against a real monitor.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "libpod/base/error.hh"
#include "libpod/engine/attach_client.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/pty.hh"
#include "libpod/sys/socket.hh"
#include "tests/unit/conmon/harness.hh"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

namespace lichen::conmon::test {
namespace {

using engine::AttachClientOptions;
using wire::Message;
using wire::MessageType;
using namespace std::chrono_literals;

constexpr std::uint32_t kAll = wire::kAttachStdin | wire::kAttachStdout | wire::kAttachStderr;

// The client in a process of its own, as `lichen run` is one: its signals and exit code are what we look at.
// Its exit code is the container's; 200 = detached, 201 = the monitor was lost.
sys::Pid start_client(sys::UniqueFd socket, AttachClientOptions options) {
  return sys::fork_child([&]() -> int {
    // The other ends of our pipes are open in a forked child, too: it would never see their end.
    for (int fd = 3; fd < 256; ++fd)
      if (fd != socket.get() && fd != options.in && fd != options.out && fd != options.err) ::close(fd);
    try {
      const auto result = engine::run_attach_client(std::move(socket), options);
      return result.detached ? 200 : result.exit_code;
    } catch (const Error& error) {
      return error.kind() == ErrorKind::not_found ? 201 : 125;
    }
  });
}

std::string read_some(int fd, std::size_t wanted) {
  std::string text;
  char buffer[4096];
  while (text.size() < wanted) {
    pollfd polled{fd, POLLIN, 0};
    if (::poll(&polled, 1, 10'000) <= 0) break;
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count <= 0) break;
    text.append(buffer, static_cast<std::size_t>(count));
  }
  return text;
}

TEST(Attach, CarriesBinaryInputAndOutputExactly) {
  Harness h;
  h.config.interactive = true;
  h.config.log_driver = "none";
  h.run("cat; echo done >&2; exit 5", kAll);
  std::string data(20'000'003, '\0');
  std::mt19937 random(5);
  for (char& byte : data) byte = static_cast<char>(random());
  data.replace(1000, 2, "\x10\x11");  // the detach keys mean nothing without a terminal
  sys::Pipe in = sys::make_pipe(), out = sys::make_pipe(), err = sys::make_pipe();
  sys::Pid client = start_client(std::move(h.sync), {.tty = false,
                                                     .forward_stdin = true,
                                                     .sig_proxy = true,
                                                     .detach_keys = "\x10\x11",
                                                     .in = in.read.get(),
                                                     .out = out.write.get(),
                                                     .err = err.write.get()});
  in.read.reset();
  out.write.reset();
  err.write.reset();
  std::thread writer([&] {
    sys::write_all(in.write.get(), data, "pipe");
    in.write.reset();
  });
  const std::string back = sys::read_all(out.read.get(), "pipe", 1u << 26);
  writer.join();
  EXPECT_EQ(back.size(), data.size());
  EXPECT_TRUE(back == data);
  EXPECT_EQ(sys::read_all(err.read.get(), "pipe"), "done\n");
  EXPECT_EQ(client.wait().code, 5);
}

TEST(Attach, WhatWasTypedBeforeTheClientWentArrives) {
  Harness h;
  h.config.interactive = true;
  h.run("cat", kAll);
  const auto client = h.connect();
  const std::string packets[] = {"one ", "two ", "three\n"};
  // All of it is there, and the client gone, before the monitor sees the first word and answers it.
  h.monitor.kill(SIGSTOP);
  Harness::send_to(client.get(), {.type = MessageType::attach, .a = kAll, .b = 0, .text = ""});
  for (const auto& text : packets)
    Harness::send_to(client.get(), {.type = MessageType::stdin_data, .a = 0, .b = 0, .text = text});
  Harness::send_to(client.get(), {.type = MessageType::detach, .a = 0, .b = 0, .text = ""});
  ::shutdown(client.get(), SHUT_RDWR);
  h.monitor.kill(SIGCONT);
  std::string output;
  while (output.size() < 14)
    if (const auto message = h.receive(); message && message->type == MessageType::out) output += message->text;
  EXPECT_EQ(output, "one two three\n");
}

TEST(Attach, InputFromAFileWorks) {
  Harness h;
  h.config.interactive = true;
  h.run("wc -c", kAll);
  sys::write_file(h.base + "/input", std::string(1'000'000, 'x'));
  const sys::UniqueFd in = sys::open_path(h.base + "/input", O_RDONLY);
  sys::Pipe out = sys::make_pipe();
  sys::Pid client = start_client(std::move(h.sync), {.forward_stdin = true, .in = in.get(), .out = out.write.get()});
  out.write.reset();
  EXPECT_EQ(sys::read_all(out.read.get(), "pipe"), "1000000\n");
  EXPECT_EQ(client.wait().code, 0);
}

TEST(Attach, SignalsGoToTheContainer) {
  Harness h;
  h.run("trap 'echo got; exit 3' USR1; echo ready; while :; do sleep 0.05; done", kAll);
  sys::Pipe out = sys::make_pipe();
  sys::Pid client = start_client(std::move(h.sync), {.out = out.write.get()});
  out.write.reset();
  ASSERT_EQ(read_some(out.read.get(), 6), "ready\n");
  client.kill(SIGUSR1);
  EXPECT_EQ(sys::read_all(out.read.get(), "pipe"), "got\n");
  EXPECT_EQ(client.wait().code, 3);
}

TEST(Attach, WithoutTheProxyASignalEndsTheClientAlone) {
  Harness h;
  h.run("echo ready; sleep 100", kAll);
  sys::Pipe out = sys::make_pipe();
  sys::Pid client = start_client(std::move(h.sync), {.sig_proxy = false, .out = out.write.get()});
  out.write.reset();
  ASSERT_EQ(read_some(out.read.get(), 6), "ready\n");
  client.kill(SIGTERM);
  EXPECT_EQ(client.wait().signal, SIGTERM);
  EXPECT_EQ(h.state().status, wire::ContainerStatus::running);
}

TEST(Attach, ABrokenPipeEndsTheClientAlone) {
  Harness h;
  h.run("while :; do echo y; sleep 0.01; done", kAll);
  sys::Pipe out = sys::make_pipe();
  sys::Pid client = start_client(std::move(h.sync), {.out = out.write.get()});
  out.write.reset();
  EXPECT_THAT(read_some(out.read.get(), 1), ::testing::StartsWith("y\n"));
  out.read.reset();
  EXPECT_EQ(client.wait().signal, SIGPIPE);
  EXPECT_FALSE(sys::wait_pidfd(h.monitor.pidfd(), 100ms));
}

TEST(Attach, AReaderThatSleepsPacesButLosesNothing) {
  Harness h;
  h.config.log_driver = "none";
  h.run("head -c 5000000 /dev/zero", kAll);
  sys::Pipe out = sys::make_pipe();
  sys::Pid client = start_client(std::move(h.sync), {.out = out.write.get()});
  out.write.reset();
  std::this_thread::sleep_for(1s);
  EXPECT_FALSE(sys::wait_pidfd(h.monitor.pidfd(), 0ms)) << "it cannot have written it all";
  EXPECT_EQ(sys::read_all(out.read.get(), "pipe", 1u << 26).size(), 5'000'000u);
  EXPECT_EQ(client.wait().code, 0);
}

TEST(Attach, ALostMonitorIsTold) {
  Harness h;
  h.run("sleep 2", kAll);
  sys::Pipe out = sys::make_pipe();
  sys::Pid client = start_client(std::move(h.sync), {.out = out.write.get()});
  h.monitor.kill(SIGKILL);
  EXPECT_EQ(client.wait().code, 201);
}

struct TerminalTest : ::testing::Test {
  TerminalTest() : pair(sys::make_socket_pair(SOCK_SEQPACKET)), pty(sys::open_pty()) {
    sys::set_window_size(pty.slave.get(), {40, 100});
    ::tcgetattr(pty.slave.get(), &before);
  }
  // We are the monitor here: no terminal in the container is needed to see what the client sends.
  sys::Pid start(bool proxy = true) {
    return start_client(std::move(pair.second), {.tty = true,
                                                 .forward_stdin = true,
                                                 .sig_proxy = proxy,
                                                 .detach_keys = "\x10\x11",
                                                 .in = pty.slave.get(),
                                                 .out = pty.slave.get(),
                                                 .err = pty.slave.get()});
  }
  bool sane() const {
    termios now{};
    ::tcgetattr(pty.slave.get(), &now);
    return now.c_lflag == before.c_lflag && now.c_iflag == before.c_iflag && now.c_oflag == before.c_oflag;
  }
  void wait_for_raw() const {
    for (int i = 0; i < 2000 && sane(); ++i) ::usleep(1000);
    ASSERT_FALSE(sane());
  }
  sys::SocketPair pair;
  sys::Pty pty;
  termios before{};
};

TEST_F(TerminalTest, GoesRawSendsTheSizeDetachesAndIsRestored) {
  sys::Pid client = start();
  const auto size = Harness::receive_from(pair.first.get());
  ASSERT_TRUE(size);
  EXPECT_EQ(size->type, MessageType::resize);
  EXPECT_EQ(size->a, 100);
  EXPECT_EQ(size->b, 40);
  wait_for_raw();
  sys::write_all(pty.master.get(),
                 "a\x10"
                 "b\x03",
                 "terminal");
  std::string typed;
  while (typed.size() < 4) {
    const auto message = Harness::receive_from(pair.first.get());
    ASSERT_TRUE(message);
    ASSERT_EQ(message->type, MessageType::stdin_data);
    typed += message->text;
  }
  EXPECT_EQ(typed,
            "a\x10"
            "b\x03")
      << "ctrl-c is for the container";
  sys::set_window_size(pty.slave.get(), {50, 120});
  client.kill(SIGWINCH);
  EXPECT_EQ(Harness::receive_from(pair.first.get())->a, 120);
  sys::write_all(pty.master.get(), "\x10", "terminal");
  ::usleep(20'000);
  sys::write_all(pty.master.get(), "\x11", "terminal");
  EXPECT_EQ(Harness::receive_from(pair.first.get())->type, MessageType::detach);
  EXPECT_EQ(client.wait().code, 200);
  EXPECT_TRUE(sane());
}

TEST_F(TerminalTest, IsRestoredWhenTheMonitorDies) {
  sys::Pid client = start();
  wait_for_raw();
  pair.first.reset();
  EXPECT_EQ(client.wait().code, 201);
  EXPECT_TRUE(sane());
}

TEST_F(TerminalTest, IsRestoredWhenASignalEndsTheClient) {
  sys::Pid client = start(false);
  wait_for_raw();
  client.kill(SIGHUP);
  EXPECT_EQ(client.wait().signal, SIGHUP);
  EXPECT_TRUE(sane());
}

}  // namespace
}  // namespace lichen::conmon::test
