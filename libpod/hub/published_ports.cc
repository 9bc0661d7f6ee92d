#include "libpod/hub/published_ports.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/hub/port_forwarder.hh"
#include "libpod/network/ports.hh"
#include "libpod/sys/socket.hh"

#include <linux/capability.h>
#include <signal.h>

namespace lichen::hub {
namespace {

// Where the member's ports lead: IPv4 before IPv6, and the network that leads out before others, because only from
// there answers to any client's address come back the same way. A prefix of zero: everybody is near, nobody is shown as
// he is.
wire::HubSubnet target_of(const wire::HubMember& member) {
  const std::size_t way_out = wire::way_out_of(member.endpoints);
  for (const bool v6 : {false, true})
    for (const bool leads_out : {true, false})
      for (std::size_t i = 0; i < member.endpoints.size(); ++i)
        for (auto subnet : member.endpoints[i].subnets) {
          const auto address = spec::IpAddress::parse(subnet.address);
          if (member.endpoints[i].internal || (i == way_out) != leads_out || !address || address->v6 != v6) continue;
          if (!leads_out) subnet.prefix = 0;
          return subnet;
        }
  throw_error(ErrorKind::usage, "publish ports: the container has no address on a network that is not internal");
}

std::string described(const wire::HubMember& member, const wire::HubSubnet& target) {
  std::string text = format("{}/{}", target.address, target.prefix);
  for (const auto& port : member.ports)
    text += format(" {}:{}:{}/{}", port.host_ip, port.host_port, port.container_port, port.protocol);
  return text;
}

// Without an address a port is open for both families; the second counts where the host has it and nobody else does.
std::vector<sys::UniqueFd> open_sockets(const wire::HubPort& port) {
  spec::PortMapping mapping;
  mapping.host_ip = port.host_ip;
  mapping.host_port = port.host_port;
  mapping.container_port = port.container_port;
  mapping.protocol = port.protocol;
  std::vector<sys::UniqueFd> sockets;
  sockets.push_back(network::open_published_port(mapping));
  if (!port.host_ip.empty()) return sockets;
  mapping.host_ip = "::";
  try {
    sockets.push_back(network::open_published_port(mapping));
  } catch (const Error& error) {
    log_debug("{}", error.what());
  }
  return sockets;
}

void forward_ports(sys::UniqueFd control, bool is_marked) {
  PortForwarder forwarder(std::move(control), is_marked);
  give_up_powers(std::uint64_t{1} << CAP_NET_ADMIN);  // for IP_TRANSPARENT and SO_MARK
  forwarder.run();
}

}  // namespace

void PublishedPorts::set(const wire::HubMember& member) {
  if (member.ports.empty()) return remove(member.id);
  const wire::HubSubnet target = target_of(member);
  const std::string wanted = described(member, target);
  if (const auto open = open_.find(member.id); open != open_.end() && open->second == wanted) return;
  remove(member.id);
  std::vector<Port> opened;
  for (const auto& port : member.ports)
    for (auto& socket : open_sockets(port))
      opened.push_back({member.id,
                        std::move(socket),
                        {{"open", 0},
                         {"protocol", port.protocol},
                         {"address", target.address},
                         {"prefix", target.prefix},
                         {"port", port.container_port}}});
  if (!child_.process) start();
  for (auto& port : opened) {
    const std::uint64_t number = ++last_number_;
    port.order["open"] = number;
    tell(port.order, port.socket.get());
    ports_[number] = std::move(port);
  }
  open_[member.id] = wanted;
}

void PublishedPorts::remove(const std::string& id) {
  std::erase_if(ports_, [&](const auto& row) {
    if (row.second.member != id) return false;
    tell(Json{{"close", row.first}}, -1);
    return true;
  });
  open_.erase(id);
}

void PublishedPorts::restart() {
  child_ = {};
  if (ports_.empty()) return;
  start();
  for (const auto& [number, port] : ports_) tell(port.order, port.socket.get());
}

void PublishedPorts::start() {
  child_ = fork_hub_child("lichen-ports", netns_,
                          [marked = is_marked_](sys::UniqueFd control) { forward_ports(std::move(control), marked); });
  ++starts_;
}

// Whatever is not told is told to the next one: this one has ended, or hangs and is ended.
void PublishedPorts::tell(const Json& order, int fd) {
  if (child_.process && !sys::send_packet(child_.control.get(), dump_json(order), fd, /*nonblocking=*/true))
    sys::signal_pidfd(child_.process.pidfd(), SIGKILL);
}

}  // namespace lichen::hub
