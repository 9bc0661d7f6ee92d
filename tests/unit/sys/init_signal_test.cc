#include "libpod/sys/init_signal.hh"

#include <gtest/gtest.h>

#include "libpod/sys/process.hh"

#include <signal.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

// A process that has done `prepare` and sits there.
Pid sitting(const std::function<void()>& prepare) {
  Pipe ready = make_pipe();
  Pid child = fork_child([&] {
    prepare();
    ready.write.reset();
    for (;;) ::pause();
    return 0;
  });
  ready.write.reset();
  char byte = 0;
  EXPECT_EQ(::read(ready.read.get(), &byte, 1), 0);
  return child;
}

void end(Pid& child) {
  child.kill(SIGKILL);
  child.wait();
}

TEST(Notices, AnOrdinaryProcessUnlessItIgnoresTheSignal) {
  Pid usual = sitting([] {});
  EXPECT_EQ(notices(usual.get(), SIGTERM), Notice::yes);
  end(usual);
  Pid deaf = sitting([] { ::signal(SIGTERM, SIG_IGN); });
  EXPECT_EQ(notices(deaf.get(), SIGTERM), Notice::no);
  EXPECT_EQ(notices(deaf.get(), SIGINT), Notice::yes);
  EXPECT_EQ(notices(deaf.get(), SIGKILL), Notice::yes);
  end(deaf);
}

// It has gone: what is sent to it does no harm.
TEST(Notices, WhoIsGoneIsLeftAlone) {
  Pid child = sitting([] {});
  const pid_t pid = child.get();
  end(child);
  EXPECT_EQ(notices(pid, SIGTERM), Notice::yes);
}

}  // namespace
}  // namespace lichen::sys
