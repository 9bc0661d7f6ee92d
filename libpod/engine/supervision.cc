#include "libpod/engine/supervision.hh"

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <cstdlib>

#include <fcntl.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

constexpr int kFirstListenFd = 3;  // SD_LISTEN_FDS_START
constexpr const char* kNotifyInside = "/run/notify";

std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

std::string notify_mode(const spec::ContainerConfig& config) {
  return config.sdnotify.empty() ? "container" : config.sdnotify;
}

// sd_notify(3): a path, or with '@' a name of the abstract namespace, which belongs to the host's network namespace: it
// must be connected before we leave that.
sys::UniqueFd connect_notify(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@'))
    throw Error(ErrorKind::usage, format("NOTIFY_SOCKET '{}': not the address of a socket", path))
        .with_hint("unset it, or give --sdnotify ignore");
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (path[0] == '@') address.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  sys::UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0)
    throw_errno("connect to NOTIFY_SOCKET '{}'", path);
  return socket;
}

std::vector<int> listening_fds(const std::string& pid, const std::string& count) {
  if (parse_int(pid) != ::getpid()) return {};
  const auto number = parse_uint(count);
  if (!number || *number > 256) throw_error(ErrorKind::usage, "LISTEN_FDS '{}': not a number of sockets", count);
  std::vector<int> fds;
  for (int fd = kFirstListenFd; fd < kFirstListenFd + static_cast<int>(*number); ++fd) {
    if (::fcntl(fd, F_GETFD) < 0) throw_error(ErrorKind::usage, "LISTEN_FDS {}: descriptor {} is not open", count, fd);
    fds.push_back(fd);
  }
  return fds;
}

}  // namespace

Supervision take_supervision(const spec::ContainerConfig& config) {
  Supervision out;
  const std::string socket = take_variable("NOTIFY_SOCKET");
  if (!socket.empty() && config.sdnotify != "ignore") out.notify = connect_notify(socket);
  const std::string pid = take_variable("LISTEN_PID"), count = take_variable("LISTEN_FDS");
  out.listen_names = take_variable("LISTEN_FDNAMES");
  if (!count.empty()) out.listen_fds = listening_fds(pid, count);
  out.passes_stdio = config.log.driver == "passthrough";
  return out;
}

int hand_over(const Supervision& supervision, const spec::ContainerConfig& config, wire::MonitorConfig& monitor,
              std::vector<std::pair<int, int>>& fds, int next) {
  if (supervision.notify) {
    monitor.notify_mode = notify_mode(config);
    monitor.notify_fd = next;
    fds.emplace_back(supervision.notify.get(), next++);
  }
  for (const int fd : supervision.listen_fds) {
    monitor.listen_fds.push_back(next);
    fds.emplace_back(fd, next++);
  }
  for (int fd = 0; supervision.passes_stdio && fd <= 2; ++fd) {
    monitor.stdio_fds.push_back(next);
    fds.emplace_back(fd, next++);
  }
  return next;
}

void show_in_container(const Supervision& supervision, const spec::ContainerConfig& config, const std::string& run_dir,
                       spec::HostFacts& facts) {
  if (supervision.notify && notify_mode(config) == "container") {
    facts.notify_path = run_dir + "/notify";
    sys::make_directories(facts.notify_path, 0755);
    facts.supervisor_env.push_back(std::string("NOTIFY_SOCKET=") + kNotifyInside + "/notify.sock");
  }
  if (supervision.listen_fds.empty()) return;
  facts.supervisor_env.push_back("LISTEN_PID=1");
  facts.supervisor_env.push_back("LISTEN_FDS=" + std::to_string(supervision.listen_fds.size()));
  if (!supervision.listen_names.empty()) facts.supervisor_env.push_back("LISTEN_FDNAMES=" + supervision.listen_names);
}

}  // namespace lichen::engine
