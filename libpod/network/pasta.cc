#include "libpod/network/pasta.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lichen::network {
namespace {

bool is_given(const std::vector<std::string>& options, std::string_view short_name, std::string_view long_name) {
  return std::ranges::any_of(options, [&](const std::string& word) {
    return word == short_name || word == long_name || word.starts_with(std::string(long_name) + "=");
  });
}

void add_ports(std::vector<std::string>& argv, const std::vector<spec::PortMapping>& ports, std::string_view protocol,
               const char* option) {
  bool any = false;
  for (const auto& port : ports) {
    if (port.protocol != protocol) continue;
    const std::string address = port.host_ip.empty() ? "" : port.host_ip + "/";
    argv.insert(argv.end(), {option, format("{}{}:{}", address, port.host_port, port.container_port)});
    any = true;
  }
  if (!any) argv.insert(argv.end(), {option, "none"});  // the default is "auto": every port that anything listens on
}

// Sleep until the life pipe closes (then end pasta) or pasta ends by itself.
void guard(int life_fd, int pidfd) {
  for (;;) {
    pollfd polled[] = {{life_fd, POLLIN, 0}, {pidfd, POLLIN, 0}};
    if (::poll(polled, 2, -1) < 0) {
      if (errno == EINTR) continue;
      return;
    }
    if (polled[1].revents != 0) return;
    if (polled[0].revents != 0) {
      sys::signal_pidfd(pidfd, SIGTERM);
      return;
    }
  }
}

void run_pasta(const std::vector<std::string>& options, const std::vector<spec::PortMapping>& ports,
               const HelperChannel& channel) {
  const sys::UniqueFd pid_file(::memfd_create("pasta-pid", MFD_CLOEXEC));
  if (!pid_file) throw_errno("make a file for the pid of pasta");
  constexpr int kNetns = 3, kPidFile = 4;
  const auto argv =
      pasta_argv(options, ports, format("/proc/self/fd/{}", kNetns), format("/proc/self/fd/{}", kPidFile));
  sys::Pid first = sys::spawn({.argv = argv, .fds = {{channel.netns_fd, kNetns}, {pid_file.get(), kPidFile}}});
  if (first.wait().code != 0) return;  // its words are in stderr
  char text[32] = {};
  const ssize_t size = ::pread(pid_file.get(), text, sizeof text - 1, 0);
  const auto pid = parse_uint(trim(std::string_view(text, size > 0 ? static_cast<std::size_t>(size) : 0)));
  const auto pidfd = pid ? sys::open_pidfd(static_cast<pid_t>(*pid)) : std::nullopt;
  if (!pidfd) throw_error(ErrorKind::system, "start 'pasta': it did not say its pid");
  sys::write_all(channel.ready_fd, "1", "report that pasta is ready");
  // We live on without exec: locks and sockets that we inherited from C must not live with us.
  const sys::UniqueFd high_life = sys::duplicate(channel.life_fd, 10), high_process = sys::duplicate(pidfd->get(), 10);
  const int life = ::dup2(high_life.get(), 3), process = ::dup2(high_process.get(), 4);
  ::syscall(SYS_close_range, 5U, ~0U, 0U);
  guard(life, process);
  ::_exit(0);
}

}  // namespace

std::vector<std::string> pasta_argv(const std::vector<std::string>& options,
                                    const std::vector<spec::PortMapping>& ports, const std::string& netns_path,
                                    const std::string& pid_path) {
  std::vector<std::string> argv = {"pasta", "--config-net", "--quiet", "--stderr", "--pid", pid_path};
  if (!is_given(options, "", "--map-gw")) argv.emplace_back("--no-map-gw");
  if (!is_given(options, "-t", "--tcp-ports")) add_ports(argv, ports, "tcp", "-t");
  if (!is_given(options, "-u", "--udp-ports")) add_ports(argv, ports, "udp", "-u");
  if (!is_given(options, "-T", "--tcp-ns")) argv.insert(argv.end(), {"-T", "none"});
  if (!is_given(options, "-U", "--udp-ns")) argv.insert(argv.end(), {"-U", "none"});
  // "--map-gw" is podman's word for leaving --no-map-gw out; this pasta has no such option.
  std::ranges::copy_if(options, std::back_inserter(argv), [](const std::string& word) { return word != "--map-gw"; });
  argv.insert(argv.end(), {"--netns", netns_path});
  return argv;
}

HelperLaunch prepare_pasta(std::vector<std::string> options, std::vector<spec::PortMapping> ports) {
  return HelperLaunch("pasta", "passt",
                      [options = std::move(options), ports = std::move(ports)](const HelperChannel& channel) {
                        run_pasta(options, ports, channel);
                      });
}

}  // namespace lichen::network
