#include "libpod/network/helper_launch.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"
#include "libpod/sys/socket.hh"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lichen::network {
namespace {

constexpr std::size_t kStderrSize = 16 << 10;

// A file of fixed size. Sealed against growth: what does not fit fails in the helper with EPERM and is lost.
sys::UniqueFd make_stderr_file() {
  sys::UniqueFd file(::memfd_create("network-helper-stderr", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file || ::ftruncate(file.get(), kStderrSize) != 0 ||
      ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) != 0)
    throw_errno("make a file for the messages of a network helper");
  return file;
}

std::string read_stderr(int file) {
  std::string text(kStderrSize, '\0');
  const ssize_t count = ::pread(file, text.data(), text.size(), 0);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text.substr(0, text.find('\0'));
}

void reset_signals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &standard, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void place_standard_streams(int stderr_fd) {
  const sys::UniqueFd null = sys::open_path("/dev/null", O_RDWR);
  if (::dup2(null.get(), 0) < 0 || ::dup2(null.get(), 1) < 0 || ::dup2(stderr_fd, 2) < 0)
    throw_errno("place standard streams");
}

}  // namespace

void keep_over_exec(std::initializer_list<int> fds) {
  // Whatever the caller has open without CLOEXEC: a terminal, a lock, a directory of the host.
  ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  for (const int fd : fds)
    if (::fcntl(fd, F_SETFD, 0) != 0) throw_errno("keep a file descriptor over exec");
}

std::string last_message(std::string_view text) {
  std::string line;
  for (const auto& part : split(text, '\n'))
    // slirp4netns' last words after a failure of its own child say nothing: "child failed(1)", "parent failed". pasta,
    // without a system log, comments on each of its lines.
    if (!trim(part).empty() && !part.starts_with("child failed") && !part.starts_with("parent failed") &&
        part.find("to syslog") == std::string::npos)
      line = trim(part);
  std::erase_if(line, [](char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; });
  return line;
}

HelperLaunch::HelperLaunch(std::string program, std::string package, std::function<void(const HelperChannel&)> body)
    : program_(std::move(program)), package_(std::move(package)), body_(std::move(body)), stderr_(make_stderr_file()) {
  auto ready = sys::make_pipe();
  auto life = sys::make_pipe();
  auto go = sys::make_socket_pair(SOCK_SEQPACKET);
  ready_read_ = std::move(ready.read);
  ready_write_ = std::move(ready.write);
  life_read_ = std::move(life.read);
  life_write_ = std::move(life.write);
  go_read_ = std::move(go.first);
  go_write_ = std::move(go.second);
}

void HelperLaunch::run_helper() {
  // The ends that are C's: with a copy of them here, C's death would not be seen.
  go_write_.reset();
  life_write_.reset();
  ::setsid();  // Ctrl-C in the terminal of a foreground run is not for the network
  reset_signals();
  const auto packet = sys::receive_packet(go_read_.get(), 1);
  if (!packet || !packet->fd) return;  // C died or gave up
  ::umask(077);
  if (::chdir("/") != 0) throw_errno("change to directory '/'");
  place_standard_streams(stderr_.get());
  body_({packet->fd.get(), ready_write_.get(), life_read_.get()});
}

void HelperLaunch::fork_helper() { fork_owned_helper().release(); }

sys::Pid HelperLaunch::fork_owned_helper() {
  sys::Pid helper = sys::fork_child([this] {
    try {
      run_helper();
    } catch (const Error& error) {
      // "E<errno> <text>": wait_ready throws it in E.
      const std::string report = format("E{} {}", error.saved_errno(), error.what()).substr(0, 500);
      [[maybe_unused]] const auto written = ::write(ready_write_.get(), report.data(), report.size());
    }
    return 1;
  });
  go_read_.reset();
  life_read_.reset();
  ready_write_.reset();
  return helper;
}

void HelperLaunch::release_helper() {
  const sys::UniqueFd netns = sys::open_path("/proc/thread-self/ns/net", O_RDONLY);
  release_helper(netns.get());
}

void HelperLaunch::release_helper(int netns_fd) {
  // The descriptor travels: H could not open C's /proc/PID/ns/net, as a process that has entered a user namespace
  // without exec is not dumpable and counts as its former namespace's (ptrace(2), "ptrace access mode checking").
  if (!sys::send_packet(go_write_.get(), "g", netns_fd))
    throw_error(ErrorKind::system, "start '{}': its helper process died", program_);
  go_write_.reset();
}

void HelperLaunch::in_parent() {
  go_read_.reset();
  go_write_.reset();
  life_read_.reset();
  life_write_.reset();
  ready_write_.reset();
}

void HelperLaunch::wait_ready(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd polled{ready_read_.get(), POLLIN, 0};
    const int ready = ::poll(&polled, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
    if (ready > 0) break;
    if (ready == 0) fail(format("no answer in {} ms", timeout.count()));
    if (errno != EINTR) throw_errno("wait for {}", program_);
  }
  // One read: pasta's helper keeps its end for as long as it lives, and one write of so few bytes arrives whole
  // (pipe(7), PIPE_BUF).
  char buffer[512];
  const ssize_t count = ::read(ready_read_.get(), buffer, sizeof buffer);
  if (count < 0) throw_errno("read the answer of {}", program_);
  ready_read_.reset();
  const std::string report(buffer, static_cast<std::size_t>(count));
  if (report.starts_with('1')) return;
  if (report.starts_with('E')) {
    const auto space = report.find(' ');
    const auto number = parse_uint(std::string_view(report).substr(1, space - 1)).value_or(0);
    Error error(ErrorKind::system, report.substr(space + 1), static_cast<int>(number));
    if (number == ENOENT || number == EACCES)
      throw error.with_kind(ErrorKind::not_found)
          .with_hint(format("install the package {}, or use --network host or none", package_));
    throw error;
  }
  const std::string cause = last_message(read_stderr(stderr_.get()));
  fail(cause.empty() ? "it ended without a word" : cause);
}

void HelperLaunch::fail(const std::string& cause) const {
  Error error(ErrorKind::system, format("start '{}': {}", program_, cause));
  if (cause.find("/dev/net/tun") != std::string::npos)
    throw error.with_kind(ErrorKind::unsupported)
        .with_hint(
            "as root: modprobe tun && chmod 0666 /dev/net/tun (in a container or VM: have the device passed in)");
  if (cause.find("unrecognized option") != std::string::npos)
    throw error.with_kind(ErrorKind::unsupported).with_hint(format("install a newer {}", package_));
  throw error.with_hint("use --network none or host to run without it");
}

}  // namespace lichen::network
