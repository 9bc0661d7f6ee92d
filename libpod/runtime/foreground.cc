#include "libpod/runtime/foreground.hh"

#include "libpod/base/error.hh"
#include "libpod/runtime/terminal.hh"
#include "libpod/sys/signals.hh"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace lichen::runtime {
namespace {

// What a terminal, a supervisor or a program may send, and the real-time signals; SIGCHLD, SIGPIPE and faults are our
// own.
constexpr int kForwarded[] = {SIGHUP,   SIGINT,  SIGQUIT,   SIGTERM, SIGUSR1, SIGUSR2,   SIGCONT, SIGTSTP, SIGALRM,
                              SIGWINCH, SIGPROF, SIGVTALRM, SIGIO,   SIGPWR,  SIGSTKFLT, SIGXCPU, SIGXFSZ};

}  // namespace

Foreground::Foreground() {
  sigset_t forwarded;
  ::sigemptyset(&forwarded);
  for (const int signal : kForwarded) ::sigaddset(&forwarded, signal);
  for (int signal = SIGRTMIN; signal <= SIGRTMAX; ++signal) ::sigaddset(&forwarded, signal);
  ::sigprocmask(SIG_BLOCK, &forwarded, nullptr);
  signals_ = sys::make_signalfd(forwarded);
}

int Foreground::wait(sys::Pid& process, int terminal) {
  if (terminal >= 0) {
    proxy_terminal(terminal, process.pidfd(), signals_.get());
    return process.wait().code;
  }
  for (;;) {
    pollfd polled[] = {{process.pidfd(), POLLIN, 0}, {signals_.get(), POLLIN, 0}};
    if (::poll(polled, 2, -1) < 0 && errno != EINTR) throw_errno("wait for the program");
    if (polled[0].revents != 0) return process.wait().code;
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info)
      sys::signal_pidfd(process.pidfd(), static_cast<int>(info.ssi_signo));
  }
}

}  // namespace lichen::runtime
