// lichen-conmon: the parent of one container. Started by lichen, never by hand; what it does is described in
// monitor.hh.
#include <algorithm>
#include <string>
#include <vector>

#include "conmon/monitor.hh"
#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/socket.hh"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

namespace {

using namespace lichen;

// Nothing of the caller's terminal or pipes stays open: `$(lichen run -d ...)` must see its end. Errors travel over
// sync_fd; without one (a person looks) standard error stays.
void leave_callers_streams(bool keep_stderr) {
  const sys::UniqueFd null = sys::open_path("/dev/null", O_RDWR);
  for (const int fd : {0, 1, 2})
    if (fd != 2 || !keep_stderr) ::dup2(null.get(), fd);
  if (::chdir("/") != 0) throw_errno("change to directory '/'");
}

// Only what the arguments name stays open: another descriptor that somebody forgot would live as long as the container.
void close_unnamed_descriptors(const wire::MonitorConfig& config) {
  std::vector<int> named = config.keep_fds;
  named.insert(named.end(), {config.sync_fd, config.lock_fd, config.marker_fd, config.notify_fd, config.last_one_fd});
  for (const auto* more : {&config.listen_fds, &config.stdio_fds})
    named.insert(named.end(), more->begin(), more->end());
  std::sort(named.begin(), named.end());
  unsigned from = 3;
  for (const int fd : named) {
    if (fd < static_cast<int>(from)) continue;
    if (fd > static_cast<int>(from)) ::close_range(from, static_cast<unsigned>(fd) - 1, 0);
    from = static_cast<unsigned>(fd) + 1;
  }
  ::close_range(from, ~0u, 0);
}

int run(const std::vector<std::string>& arguments) {
  wire::MonitorConfig config = wire::monitor_config_from_argv(arguments);
  close_unnamed_descriptors(config);
  leave_callers_streams(config.sync_fd < 0);
  return conmon::Monitor(std::move(config)).run();
}

}  // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  try {
    return run({argv + 1, argv + argc});
  } catch (const lichen::Error& error) {
    const std::string text = std::string("lichen-conmon: ") + error.what() + "\n";
    if (::write(2, text.data(), text.size()) < 0) return 125;
  } catch (const std::exception& error) {
    raw_log(error.what());
  }
  return 125;
}
