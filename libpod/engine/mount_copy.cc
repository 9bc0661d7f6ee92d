#include "libpod/engine/mount_copy.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/mount.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/process.hh"
#include "libpod/sys/socket.hh"

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>

namespace lichen::engine {

std::optional<sys::UniqueFd> copy_mount_of(pid_t pid, std::uint64_t start, const std::string& path) {
  sys::SocketPair pair = sys::make_socket_pair(SOCK_SEQPACKET);
  sys::Pid child = sys::fork_child([&] {
    try {
      const auto process = sys::open_process(pid, start);
      if (!process) return 1;
      sys::join_process_namespaces(process->get(), CLONE_NEWNS);
      const auto there = sys::open_path(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
      if (!sys::is_mount_root(there.get())) return 1;
      const auto mount = sys::clone_mount(there.get(), "", /*recursive=*/false, path);
      return sys::send_packet(pair.second.get(), "mount", mount.get()) ? 0 : 1;
    } catch (const Error& error) {
      log_debug("copy a mount of process {}: {}", pid, error.what());
      return 1;
    }
  });
  pair.second.reset();
  auto packet = sys::receive_packet(pair.first.get(), 16);
  child.wait();
  if (!packet || !packet->fd) return std::nullopt;
  return std::move(packet->fd);
}

}  // namespace lichen::engine
