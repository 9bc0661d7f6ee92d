#include "libpod/hub/way_out.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/hub/hub_namespace.hh"
#include "libpod/network/ports.hh"
#include "libpod/network/slirp4netns.hh"
#include "libpod/spec/ip_network.hh"

namespace lichen::hub {
namespace {

constexpr std::uint16_t kFirstSpare = 1024;
constexpr std::chrono::milliseconds kTapTimeout{1000};

// Where the member's ports lead: its first IPv4 address on a network that has a way out.
std::string target_address(const wire::HubMember& member) {
  for (const auto& endpoint : member.endpoints) {
    if (endpoint.internal) continue;
    for (const auto& subnet : endpoint.subnets)
      if (const auto address = spec::IpAddress::parse(subnet.address); address && !address->v6) return subnet.address;
  }
  throw_error(ErrorKind::usage, "publish ports: the container has no IPv4 address on a network with a way out");
}

}  // namespace

void WayOut::start() {
  network::SlirpOptions options;
  options.api_socket = directory_ + "/slirp.sock";
  options.enable_ipv6 = true;
  options.device = kOutside;
  ready_ = false;
  forwards_.clear();
  if (process_) process_.wait();
  wait_until_gone(netns_, kOutside, kTapTimeout);
  launch_.emplace(network::prepare_slirp4netns(options));
  process_ = launch_->fork_owned_helper();
  launch_->release_helper(netns_);
}

void WayOut::wait_ready() {
  LICHEN_ASSERT(launch_);
  if (ready_) return;
  launch_->wait_ready();
  ready_ = true;
}

std::uint16_t WayOut::free_port(const wire::HubPort& port) const {
  const auto is_free = [&](std::uint16_t number) {
    return std::ranges::none_of(forwards_, [&](const Forward& forward) {
      return forward.delivery.port == number && forward.delivery.protocol == port.protocol;
    });
  };
  if (is_free(port.host_port)) return port.host_port;
  for (std::uint16_t number = kFirstSpare; number != 0; ++number)
    if (is_free(number)) return number;
  throw_error(ErrorKind::conflict, "publish port {}: too many ports are published", port.host_port);
}

void WayOut::add(const wire::HubMember& member) {
  if (member.ports.empty()) return;
  wait_ready();
  const std::string target = target_address(member);
  try {
    for (const auto& port : member.ports) {
      Forward forward{member.id, 0, {port.protocol, free_port(port), target, port.container_port}};
      spec::PortMapping mapping;
      mapping.host_ip = port.host_ip;
      mapping.host_port = port.host_port;
      mapping.container_port = forward.delivery.port;
      mapping.protocol = port.protocol;
      forward.id = network::add_slirp_forward(directory_ + "/slirp.sock", mapping);
      forwards_.push_back(std::move(forward));
    }
  } catch (const Error&) {
    remove(member.id);
    throw;
  }
}

void WayOut::remove(const std::string& id) {
  std::erase_if(forwards_, [&](const Forward& forward) {
    if (forward.member != id) return false;
    try {
      network::remove_slirp_forward(directory_ + "/slirp.sock", forward.id);
    } catch (const Error& error) {
      log_debug("{}", error.what());  // it is gone, and the port with it
    }
    return true;
  });
}

std::vector<Delivery> WayOut::deliveries() const {
  std::vector<Delivery> all;
  for (const auto& forward : forwards_) all.push_back(forward.delivery);
  return all;
}

}  // namespace lichen::hub
