// A file that changes while it is read gives an error and never a wrong digest. It is changed between two system calls
// of the reader, which waits there: seccomp_unotify(2), so the program needs no hook and nothing is left to chance.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "libpod/base/error.hh"
#include "libpod/image/adopt_layer.hh"
#include "libpod/image/hash.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/process.hh"
#include "libpod/sys/socket.hh"
#include "tests/unit/image/layer_tree.hh"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

namespace lichen::image {
namespace {

using ::testing::HasSubstr;

// In the child. @return descriptor on which `call` is reported; below 0 with errno where the kernel cannot
int report_call(long call) {
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  sock_filter program[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                           BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1),
                           BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
                           BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  sock_fprog filter{std::size(program), program};
  return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter));
}

class AdoptRaceTest : public ::testing::Test {
 protected:
  AdoptRaceTest() {
    char pattern[] = "/tmp/lichen-race-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    sys::make_directory(folder_ + "/diff", 0755);
    LayerTree(folder_ + "/diff").file("file", std::string(1'000'000, 'x')).settle();
    sha256("");  // OpenSSL opens its configuration at the first digest: not among the calls that are counted
  }
  ~AdoptRaceTest() override { sys::remove_tree(folder_); }
  std::string file() const { return folder_ + "/diff/file"; }

  /// What the adoption says when `at_point` runs before its `point`-th system call of number `call`.
  std::string adopt_paused(long call, int point, const std::function<void()>& at_point) {
    sys::SocketPair pair = sys::make_socket_pair(SOCK_SEQPACKET);
    sys::Pid child = sys::fork_child([&] {
      const auto layer = sys::open_path(folder_, O_RDONLY | O_DIRECTORY);
      const int listener = report_call(call);
      sys::send_packet(pair.second.get(), std::to_string(listener < 0 ? errno : 0), listener);
      std::string said = "adopted";
      try {
        adopt_directory(layer.get(), {.maps = {{{0, 0, 65536}}, {{0, 0, 65536}}}, .latest_time = {}});
      } catch (const Error& error) {
        said = format("{}: {}", to_string(error.kind()), error.what());
      }
      sys::send_packet(pair.second.get(), said);
      return 0;
    });
    pair.second.reset();
    const auto packet = sys::receive_packet(pair.first.get(), 16);
    if (!packet || !packet->fd) return "cannot";
    for (int met = 0;;) {
      pollfd polled[] = {{packet->fd.get(), POLLIN, 0}, {pair.first.get(), POLLIN, 0}};
      if (::poll(polled, 2, 20000) <= 0) throw Error(ErrorKind::system, "a paused child hangs");
      if ((polled[0].revents & POLLIN) == 0) break;
      seccomp_notif notice{};
      if (::ioctl(packet->fd.get(), SECCOMP_IOCTL_NOTIF_RECV, &notice) != 0) continue;
      if (met++ == point) at_point();
      seccomp_notif_resp answer{};
      answer.id = notice.id;
      answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
      ::ioctl(packet->fd.get(), SECCOMP_IOCTL_NOTIF_SEND, &answer);
    }
    const auto said = sys::receive_packet(pair.first.get(), 4096);
    child.wait();
    return said ? said->data : "nothing";
  }

  std::string folder_;
};

// Attributes are listed of diff/ first, then of the file, which is open and was looked at by then.
constexpr long kAfterLook = SYS_flistxattr;

TEST_F(AdoptRaceTest, AFileThatIsLeftAloneIsAdopted) {
  int met = 0;
  const auto said = adopt_paused(kAfterLook, 1, [&] { ++met; });
  if (said == "cannot") GTEST_SKIP() << "the kernel reports no system calls";
  EXPECT_EQ(said, "adopted");
  EXPECT_EQ(met, 1) << "the other tests change nothing then";
}

TEST_F(AdoptRaceTest, AFileThatGrowsIsAnError) {
  const auto said = adopt_paused(kAfterLook, 1, [&] { ASSERT_EQ(::truncate(file().c_str(), 1'000'001), 0); });
  if (said == "cannot") GTEST_SKIP() << "the kernel reports no system calls";
  EXPECT_EQ(said, "conflict: 'file': it changed while it was read");
}

TEST_F(AdoptRaceTest, AFileThatShrinksIsAnError) {
  const auto said = adopt_paused(kAfterLook, 1, [&] { ASSERT_EQ(::truncate(file().c_str(), 10), 0); });
  if (said == "cannot") GTEST_SKIP() << "the kernel reports no system calls";
  EXPECT_EQ(said, "conflict: 'file': it became shorter while it was read");
}

TEST_F(AdoptRaceTest, AFileThatIsWrittenInPlaceIsAnError) {
  const auto said = adopt_paused(kAfterLook, 1, [&] {
    const auto fd = sys::open_path(file(), O_WRONLY);
    ASSERT_EQ(::pwrite(fd.get(), "y", 1, 500'000), 1);
  });
  if (said == "cannot") GTEST_SKIP() << "the kernel reports no system calls";
  EXPECT_EQ(said, "conflict: 'file': it changed while it was read");
}

// Opened are: diff, tar.journal, diff again to list it, and then the file.
TEST_F(AdoptRaceTest, AFileThatIsReplacedIsAnError) {
  const auto replace = [&] {
    sys::make_symlink("/etc/passwd", folder_ + "/other");
    sys::rename_path(folder_ + "/other", file());
  };
  auto said = adopt_paused(SYS_openat, 3, replace);
  if (said == "cannot") GTEST_SKIP() << "the kernel reports no system calls";
  EXPECT_THAT(said, HasSubstr("'file'"));
  EXPECT_THAT(said, HasSubstr("Too many levels of symbolic links"));
  sys::remove_file(folder_ + "/tar.journal");
  LayerTree(folder_ + "/diff").file("new").settle();
  sys::remove_file(file());
  LayerTree(folder_ + "/diff").file("file", "old").settle();
  said = adopt_paused(SYS_openat, 3, [&] { sys::rename_path(folder_ + "/diff/new", file()); });
  EXPECT_EQ(said, "conflict: 'file': it was replaced while it was read");
}

}  // namespace
}  // namespace lichen::image
