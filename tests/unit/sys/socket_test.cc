#include "libpod/sys/socket.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/sys/io.hh"
#include "tests/unit/spec/expect_error.hh"
#include "tests/unit/sys/support.hh"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

using spec::expect_error;
using test::TempDir;

void expect_conversation(const std::string& path) {
  const UniqueFd listener = listen_unix(path, SOCK_SEQPACKET);
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_TRUE(S_ISSOCK(info.st_mode));
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  const auto client = connect_unix(path, SOCK_SEQPACKET);
  ASSERT_TRUE(client);
  const auto server = accept_same_user(listener.get());
  ASSERT_TRUE(server);
  EXPECT_TRUE(send_packet(client->get(), "hello"));
  EXPECT_EQ(receive_packet(server->get(), 100)->data, "hello");
}

TEST(UnixSocket, ShortPath) {
  const TempDir dir;
  expect_conversation(dir / "s");
}

TEST(UnixSocket, PathsLongerThanAnAddressHolds) {
  const TempDir dir;
  // 107 bytes fit, 108 and more do not (unix(7)).
  for (const std::size_t length : {106U, 107U, 108U, 109U, 300U}) {
    std::string folder = dir.path();
    while (folder.size() + 60 < length)
      folder += "/" + std::string(std::min<std::size_t>(50, length - folder.size() - 10), 'd');
    make_directories(folder);
    const std::string path = folder + "/" + std::string(length - folder.size() - 1, 's');
    ASSERT_EQ(path.size(), length);
    expect_conversation(path);
  }
}

TEST(UnixSocket, NameThatCannotBeShortened) {
  const TempDir dir;
  expect_error(ErrorKind::system, "File name too long", [&] { listen_unix(dir / std::string(120, 's'), SOCK_STREAM); });
}

TEST(UnixSocket, NobodyListens) {
  const TempDir dir;
  EXPECT_FALSE(connect_unix(dir / "none", SOCK_SEQPACKET));
  EXPECT_FALSE(connect_unix(dir / ("none/" + std::string(200, 'd') + "/s"), SOCK_SEQPACKET))
      << "a long path to nowhere";
  { const UniqueFd listener = listen_unix(dir / "dead", SOCK_SEQPACKET); }
  ASSERT_TRUE(exists(dir / "dead"));
  EXPECT_FALSE(connect_unix(dir / "dead", SOCK_SEQPACKET)) << "the socket file of a dead listener";
  expect_conversation(dir / "dead");
}

TEST(UnixSocket, AnotherKindOfSocketIsAnError) {
  const TempDir dir;
  const UniqueFd listener = listen_unix(dir / "s", SOCK_STREAM);
  expect_error(ErrorKind::system, "connect to socket '" + (dir / "s") + "'",
               [&] { connect_unix(dir / "s", SOCK_SEQPACKET); });
}

TEST(UnixSocket, OtherUsersAreTurnedAway) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can play another user";
  const TempDir dir;
  const UniqueFd listener = listen_unix(dir / "s", SOCK_SEQPACKET);
  ASSERT_EQ(::chmod((dir / "s").c_str(), 0666), 0);
  ASSERT_EQ(::chmod(dir.path().c_str(), 0755), 0);
  auto stranger = fork_child([&] {
    if (::setresuid(65534, 65534, 65534) != 0) return 3;
    const auto fd = connect_unix(dir / "s", SOCK_SEQPACKET);
    if (!fd) return 4;
    return receive_packet(fd->get(), 10) ? 5 : 0;  // closed without a word
  });
  pollfd polled{listener.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&polled, 1, 10'000), 1);
  EXPECT_FALSE(accept_same_user(listener.get()));
  EXPECT_EQ(stranger.wait().code, 0);
}

TEST(UnixSocket, AcceptWithoutAnybody) {
  const TempDir dir;
  const UniqueFd listener = listen_unix(dir / "s", SOCK_SEQPACKET);
  set_nonblocking(listener.get(), true);
  EXPECT_FALSE(accept_same_user(listener.get()));
}

TEST(Packets, KeepTheirBorders) {
  SocketPair pair = make_socket_pair(SOCK_SEQPACKET);
  const std::string zeros("a\0b", 3);
  EXPECT_TRUE(send_packet(pair.first.get(), zeros));
  EXPECT_TRUE(send_packet(pair.first.get(), "second"));
  EXPECT_EQ(receive_packet(pair.second.get(), 100)->data, zeros);
  const auto cut = receive_packet(pair.second.get(), 3);
  EXPECT_EQ(cut->data, "sec");
  EXPECT_TRUE(cut->truncated);
  pair.first.reset();
  EXPECT_FALSE(receive_packet(pair.second.get(), 100));
  EXPECT_FALSE(send_packet(pair.second.get(), "x")) << "no SIGPIPE, no error";
}

TEST(Packets, WhatWasSentBeforeAResetIsStillRead) {
  SocketPair pair = make_socket_pair(SOCK_SEQPACKET);
  EXPECT_TRUE(send_packet(pair.first.get(), "unread"));  // makes the close of second a reset
  EXPECT_TRUE(send_packet(pair.second.get(), "last words"));
  pair.second.reset();
  const auto packet = receive_packet(pair.first.get(), 100);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->data, "last words");
  EXPECT_FALSE(receive_packet(pair.first.get(), 100));
}

TEST(Packets, DescriptorsTravelCloseOnExec) {
  const TempDir dir;
  write_file(dir / "f", "content");
  SocketPair pair = make_socket_pair(SOCK_SEQPACKET);
  EXPECT_TRUE(send_packet(pair.first.get(), "take", open_path(dir / "f", O_RDONLY).get()));
  const auto packet = receive_packet(pair.second.get(), 100);
  ASSERT_TRUE(packet && packet->fd);
  EXPECT_NE(::fcntl(packet->fd.get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_EQ(read_all(packet->fd.get(), "f"), "content");
  EXPECT_TRUE(send_packet(pair.first.get(), "none"));
  EXPECT_FALSE(receive_packet(pair.second.get(), 100)->fd);
}

TEST(Packets, MoreDescriptorsThanExpectedDoNotStayOpen) {
  SocketPair pair = make_socket_pair(SOCK_SEQPACKET);
  const UniqueFd null = open_path("/dev/null", O_RDONLY);
  const auto before = test::open_descriptors();
  for (const std::size_t count : {2U, 3U, 10U}) {
    const std::vector<int> fds(count, null.get());
    std::vector<char> control(CMSG_SPACE(sizeof(int) * count));
    char data[] = "x";
    iovec part{data, 1};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * count);
    std::copy(fds.begin(), fds.end(), reinterpret_cast<int*>(CMSG_DATA(header)));
    ASSERT_EQ(::sendmsg(pair.first.get(), &message, 0), 1);
    EXPECT_EQ(receive_packet(pair.second.get(), 10)->data, "x");
    EXPECT_EQ(test::open_descriptors(), before) << count;
  }
}

TEST(Packets, NonblockingSenderIsToldOfAFullQueue) {
  SocketPair pair = make_socket_pair(SOCK_SEQPACKET);
  const std::string packet(4096, 'x');
  int sent = 0;
  while (sent < 100'000 && send_packet(pair.first.get(), packet, -1, /*nonblocking=*/true)) ++sent;
  EXPECT_GT(sent, 0);
  EXPECT_LT(sent, 100'000);
  set_nonblocking(pair.second.get(), true);
  for (int i = 0; i < sent; ++i) ASSERT_EQ(receive_packet(pair.second.get(), 8192)->data.size(), packet.size());
  expect_error(ErrorKind::system, "Resource temporarily unavailable", [&] { receive_packet(pair.second.get(), 10); });
}

TEST(Packets, TooLargeForTheQueueIsAnError) {
  SocketPair pair = make_socket_pair(SOCK_SEQPACKET);
  expect_error(ErrorKind::system, "send a packet: Message too long",
               [&] { send_packet(pair.first.get(), std::string(64U << 20, 'x')); });
}

}  // namespace
}  // namespace lichen::sys
