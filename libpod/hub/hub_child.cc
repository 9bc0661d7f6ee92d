#include "libpod/hub/hub_child.hh"

#include <set>
#include <string>

#include "libpod/sys/capabilities.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/namespaces.hh"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lichen::hub {
namespace {

// Locks, clients and helpers of the hub would live on in its hands.
void close_all_but(const std::set<int>& kept) {
  for (const auto& name : sys::list_directory("/proc/self/fd"))
    if (const int fd = std::stoi(name); fd > 2 && !kept.contains(fd)) ::close(fd);
}

}  // namespace

HubChild fork_hub_child(const char* name, int hub_netns, const std::function<void(sys::UniqueFd control)>& body) {
  auto pair = sys::make_socket_pair(SOCK_SEQPACKET);
  HubChild child;
  child.process = sys::fork_child([&] {
    ::prctl(PR_SET_NAME, name);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    close_all_but(std::set<int>{hub_netns, pair.second.get()});
    sys::join_namespace(hub_netns, CLONE_NEWNET, "network hub's");
    body(std::move(pair.second));
    return 0;
  });
  child.control = std::move(pair.first);
  return child;
}

void give_up_powers(std::uint64_t kept) {
  sys::limit_bounding_set(kept);
  sys::set_capabilities(kept, kept, 0);
  sys::set_no_new_privs();
  sys::set_dumpable(false);
}

}  // namespace lichen::hub
