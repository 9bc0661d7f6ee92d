#include "libpod/network/setup.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/network/bridge.hh"
#include "libpod/network/pasta.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/netlink.hh"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>

namespace lichen::network {
namespace {

NetworkKind kind_of(const spec::NetworkConfig& config) {
  if (config.mode == "none") return NetworkKind::none;
  if (config.mode == "host") return NetworkKind::host;
  if (config.mode == "slirp4netns") return NetworkKind::slirp4netns;
  if (config.mode == "pasta") return NetworkKind::pasta;
  if (config.mode == "container") return NetworkKind::container;
  if (config.mode == "ns") return NetworkKind::path;
  if (config.mode == "bridge" || config.mode == "network") return NetworkKind::bridge;
  throw_error(ErrorKind::invalid, "network mode '{}' is not known", config.mode);
}

void plan_ports(NetworkPlan& plan, const spec::NetworkConfig& config, const std::vector<std::string>& exposed) {
  plan.ports = config.publish_all ? expand_exposed(config.ports, exposed) : config.ports;
  if (plan.ports.empty() || plan.kind == NetworkKind::slirp4netns || plan.kind == NetworkKind::pasta ||
      plan.kind == NetworkKind::bridge)
    return;
  if (plan.kind == NetworkKind::container || plan.kind == NetworkKind::path) {
    if (config.ports.empty()) return plan.ports.clear();  // -P: whoever made the namespace publishes
    throw Error(ErrorKind::usage,
                format("-p cannot be used with --network {}: the namespace is another's", config.mode))
        .with_hint(plan.kind == NetworkKind::container ? "publish the port with the container that owns the network"
                                                       : "leave -p out");
  }
  if (!config.ports.empty()) plan.notice = format("published ports are discarded with --network {}", config.mode);
  plan.ports.clear();
}

// The address that the host uses towards the world: a route look-up, nothing is sent. "" without a default route.
std::string outbound_address() {
  const sys::UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  ::inet_pton(AF_INET, "192.0.2.1", &address.sin_addr);  // TEST-NET-1 (RFC 5737)
  socklen_t size = sizeof address;
  if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) return {};
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  char text[INET_ADDRSTRLEN] = {};
  return ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text) != nullptr ? text : "";
}

void write_sysctl(const std::string& name, std::string_view value) {
  // Absent without IPv6 in the kernel: then there is nothing to set either.
  const int fd = ::open(("/proc/sys/net/" + name).c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return;
  const sys::UniqueFd file(fd);
  if (!file) throw_errno("open '/proc/sys/net/{}'", name);
  sys::write_all(file.get(), value, "/proc/sys/net/" + name);
}

// What the container sees of its networks. The way out is the first one that has one.
void describe_bridge(NetworkPlan& plan) {
  plan.default_route = wire::way_out_of(plan.endpoints);
  if (plan.default_route < plan.endpoints.size())
    plan.host_gateway = outbound_address();
  else
    plan.host_gateway_hint = "an internal network does not lead to the host";
  for (const auto& endpoint : plan.endpoints) {
    for (const auto& subnet : endpoint.subnets) {
      const bool v6 = address_family(subnet.address) == 6;
      if (!v6 && plan.container_ip.empty()) {
        plan.container_ip = subnet.address;
        plan.gateway = subnet.gateway;
        plan.prefix = subnet.prefix;
      }
      if (v6 && plan.container_ip6.empty()) plan.container_ip6 = subnet.address;
    }
    // Where nobody answers names, the network's servers are asked by the container itself.
    if (endpoint.dns && !endpoint.subnets.empty())
      plan.dns_servers.push_back(endpoint.subnets[0].gateway);
    else
      plan.dns_servers.insert(plan.dns_servers.end(), endpoint.dns_servers.begin(), endpoint.dns_servers.end());
  }
  // resolv.conf(5): three are asked. Each answers for all networks of the asker; the others count when one is left.
  if (plan.dns_servers.size() > 3) plan.dns_servers.resize(3);
  if (plan.dns_servers.empty() && plan.default_route < plan.endpoints.size()) plan.dns_servers = {"10.0.2.3"};
}

void join(const NetworkPlan& plan, int join_fd) {
  sys::UniqueFd opened;
  if (plan.kind == NetworkKind::path) {
    opened = sys::open_namespace(plan.target, CLONE_NEWNET);
    join_fd = opened.get();
  }
  LICHEN_ASSERT(join_fd >= 0);
  if (::setns(join_fd, CLONE_NEWNET) == 0) return;
  const int error = errno;
  const std::string what = plan.kind == NetworkKind::path ? "ns:" + plan.target : "container:" + plan.target;
  if (error == EPERM)
    throw Error(ErrorKind::permission, format("join network '{}': it belongs to another user namespace", what), error)
        .with_hint("only namespaces that lichen made for this user (lichen unshare) can be joined");
  throw_errno_value(error, "join network '{}'", what);
}

}  // namespace

NetworkPlan plan_network(const spec::NetworkConfig& config, const std::vector<std::string>& exposed) {
  NetworkPlan plan;
  plan.kind = kind_of(config);
  plan.target = config.target;
  plan_ports(plan, config, exposed);
  plan.host_gateway_hint = "use --network slirp4netns";
  switch (plan.kind) {
    case NetworkKind::slirp4netns: {
      plan.slirp = parse_slirp_options(config.options);
      const auto addresses = slirp_addresses(plan.slirp.cidr);
      plan.container_ip = addresses.container;
      plan.gateway = addresses.gateway;
      plan.prefix = addresses.prefix;
      plan.dns_servers = {addresses.dns};
      if (plan.slirp.allow_host_loopback) plan.host_gateway = addresses.gateway;
      plan.host_gateway_hint =
          "the host has no address of its own now; use --network slirp4netns:allow_host_loopback=true";
      break;
    }
    case NetworkKind::pasta:
      plan.pasta_options = config.options;
      break;
    case NetworkKind::host:
      plan.host_gateway = "127.0.0.1";
      break;
    case NetworkKind::bridge:
      plan.host_gateway_hint = "the host has no address of its own now";
      break;
    case NetworkKind::none:
    case NetworkKind::container:
    case NetworkKind::path:
      break;
  }
  return plan;
}

HostsInput hosts_input(const NetworkPlan& plan, const spec::NetworkConfig& config, const std::string& hostname,
                       const std::string& domainname) {
  HostsInput input;
  input.container_ip = plan.container_ip;
  input.container_ip6 = plan.container_ip6;
  input.hostname = hostname;
  input.domainname = domainname;
  input.extra_hosts = config.extra_hosts;
  input.host_gateway = plan.host_gateway;
  input.host_gateway_hint = plan.host_gateway_hint;
  if (plan.kind == NetworkKind::host) input.base = sys::read_file_if_exists("/etc/hosts", 1 << 20).value_or("");
  return input;
}

ResolvInput resolv_input(const NetworkPlan& plan, const spec::NetworkConfig& config, ResolvInput host) {
  host.shares_host_network = plan.kind == NetworkKind::host;
  host.own_servers = plan.dns_servers;
  host.dns = config.dns;
  // Names of containers first: the networks' own server asks --dns in our stead.
  const bool answers_names = std::ranges::any_of(plan.endpoints, &wire::HubEndpoint::dns);
  if (plan.kind == NetworkKind::bridge && (answers_names || config.dns.empty())) host.dns = plan.dns_servers;
  host.dns_search = config.dns_search;
  host.dns_options = config.dns_options;
  // A container's name has no dot and would be looked for in the host's domains first, resolv.conf(5): docker's way.
  if (answers_names && config.dns_options.empty()) host.dns_options = {"ndots:0"};
  return host;
}

NetworkSetup::NetworkSetup(NetworkPlan plan, const std::string& run_dir, PortHolderLookup lookup)
    : plan_(std::move(plan)), lookup_(std::move(lookup)) {
  const bool pasta = plan_.kind == NetworkKind::pasta;
  if (!plan_.ports.empty())
    plan_.ports = reserve_ports(
        plan_.ports, plan_.kind == NetworkKind::slirp4netns ? AddressFamilies::ipv4 : AddressFamilies::both, lookup_);
  if (pasta) {
    plan_.container_ip = outbound_address();  // pasta gives the host's own address to the container
    helper_.emplace(prepare_pasta(plan_.pasta_options, plan_.ports));
  } else if (plan_.kind == NetworkKind::bridge) {
    describe_bridge(plan_);
  } else if (plan_.kind == NetworkKind::slirp4netns) {
    if (!plan_.ports.empty()) plan_.slirp.api_socket = join_path(run_dir, "slirp.sock");
    if (plan_.host_gateway.empty()) plan_.host_gateway = outbound_address();
    helper_.emplace(prepare_slirp4netns(plan_.slirp));
  }
}

void NetworkSetup::enter_in_child(int join_fd, int new_fd) {
  if (plan_.kind == NetworkKind::host) return;
  if (!plan_.new_namespace()) return join(plan_, join_fd);
  const sys::UniqueFd hub = plan_.kind == NetworkKind::bridge ? open_hub_netlink(plan_.hub_netns) : sys::UniqueFd();
  if (helper_) helper_->fork_helper();
  if ((new_fd >= 0 ? ::setns(new_fd, CLONE_NEWNET) : ::unshare(CLONE_NEWNET)) != 0) {
    const int error = errno;
    if (error == ENOSPC)
      throw Error(ErrorKind::system, "make a network namespace: the limit of this user is reached", error)
          .with_hint("remove containers, or as root: sysctl -w user.max_net_namespaces=31000");
    throw_errno_value(error, "make a network namespace");
  }
  sys::set_loopback_up();
  for (std::size_t i = 0; i < plan_.endpoints.size(); ++i)
    join_bridge(hub.get(), plan_.endpoints[i], /*leads_out=*/i == plan_.default_route);
  if (!helper_) return;
  if (plan_.kind == NetworkKind::slirp4netns) {
    // Nobody sends router advertisements here but slirp4netns when asked to; and its addresses are unique, so that
    // waiting for duplicate address detection (1 s) would only delay.
    write_sysctl("ipv6/conf/default/accept_ra", plan_.slirp.enable_ipv6 ? "1" : "0");
    if (plan_.slirp.enable_ipv6) write_sysctl("ipv6/conf/default/accept_dad", "0");
  }
  helper_->release_helper();
}

std::vector<int> NetworkSetup::keep_fds() const {
  if (!helper_) return {};
  return {helper_->life_fd()};
}

void NetworkSetup::in_parent() {
  if (helper_) helper_->in_parent();
}

void NetworkSetup::finish() {
  if (!helper_) return;
  helper_->wait_ready();
  if (plan_.kind == NetworkKind::slirp4netns && !plan_.ports.empty())
    add_slirp_forwards(plan_.slirp.api_socket, plan_.ports, plan_.container_ip, lookup_);
}

}  // namespace lichen::network
