#include "libpod/hub/hub_namespace.hh"

#include <chrono>
#include <thread>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/hub/rules.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/netlink.hh"
#include "libpod/sys/netlink_links.hh"
#include "libpod/sys/netlink_policy.hh"
#include "libpod/sys/process.hh"
#include "libpod/sys/socket.hh"

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>

namespace lichen::hub {
namespace {

void set_sysctl(const char* name, std::string_view value) {
  // Absent without IPv6 in the kernel.
  const sys::UniqueFd file(::open(name, O_WRONLY | O_CLOEXEC));
  if (file) sys::write_all(file.get(), value, name);
}

// Without it published ports work too, and containers see the gateway as the client.
void receive_answers() {
  const sys::UniqueFd netlink = sys::open_netlink();
  for (const bool v6 : {false, true}) try {
      sys::receive_marked(netlink.get(), v6, kInwardMark, kInwardTable);
    } catch (const Error& error) {
      log_debug("{}", error.what());
    }
}

}  // namespace

sys::UniqueFd make_hub_namespace(bool has_rules) {
  auto pair = sys::make_socket_pair(SOCK_SEQPACKET);
  sys::Pid child = sys::fork_child([&] {
    sys::unshare_namespaces(CLONE_NEWNET, "make the network hub");
    sys::set_loopback_up();
    set_sysctl("/proc/sys/net/ipv4/ip_forward", "1");
    set_sysctl("/proc/sys/net/ipv6/conf/all/forwarding", "1");
    // slirp4netns advertises its router; a forwarding host listens only when told so.
    set_sysctl("/proc/sys/net/ipv6/conf/default/accept_ra", "2");
    set_sysctl("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
    // With br_netfilter what stays on one bridge would go through the rules for what is routed.
    set_sysctl("/proc/sys/net/bridge/bridge-nf-call-iptables", "0");
    set_sysctl("/proc/sys/net/bridge/bridge-nf-call-ip6tables", "0");
    set_sysctl("/proc/sys/net/bridge/bridge-nf-call-arptables", "0");
    if (has_rules) receive_answers();
    // Nothing is masqueraded then: what comes back is for a container's own address, and slirp4netns asks who has it.
    if (!has_rules) set_sysctl("/proc/sys/net/ipv4/conf/default/proxy_arp", "1");
    const sys::UniqueFd own = sys::open_path("/proc/thread-self/ns/net", O_RDONLY);
    return sys::send_packet(pair.second.get(), "n", own.get()) ? 0 : 1;
  });
  pair.second.reset();
  auto packet = sys::receive_packet(pair.first.get(), 1);
  child.wait();
  if (!packet || !packet->fd) throw_error(ErrorKind::system, "make the network hub: its namespace cannot be made");
  return std::move(packet->fd);
}

void remove_other_bridges(int hub_netns, const std::set<std::string>& kept) {
  sys::fork_child([&] {
    sys::join_namespace(hub_netns, CLONE_NEWNET, "network hub's");
    const sys::UniqueFd netlink = sys::open_netlink();
    for (const auto& link : sys::list_links())
      if (link.name != "lo" && link.name != kOutside && !link.name.starts_with("lcv") && !kept.contains(link.name))
        sys::remove_link(netlink.get(), link.name);
    return 0;
  }).wait();
}

void wait_until_gone(int hub_netns, const std::string& link, std::chrono::milliseconds timeout) {
  sys::fork_child([&] {
    const sys::UniqueFd netlink = [&] {
      sys::join_namespace(hub_netns, CLONE_NEWNET, "network hub's");
      return sys::open_netlink();
    }();
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (sys::find_link(netlink.get(), link) != 0 && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return 0;
  }).wait();
}

}  // namespace lichen::hub
