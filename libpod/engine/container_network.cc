#include "libpod/engine/container_network.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/bridge_network.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/container_status.hh"
#include "libpod/engine/network_links.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"

#include <fcntl.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

constexpr std::chrono::seconds kRangeLimit{60};  // others start with a port of a range: each takes well below a second

bool same_port(const PortInUse& port, const std::string& host_ip, std::uint16_t host_port,
               const std::string& protocol) {
  const auto any = [](const std::string& ip) { return ip.empty() || ip == "0.0.0.0" || ip == "::"; };
  return port.host_port == host_port && port.protocol == protocol &&
         (any(port.host_ip) || any(host_ip) || port.host_ip == host_ip);
}

network::PortHolderLookup port_holders(Engine& engine) {
  return [&engine](const std::string& host_ip, std::uint16_t host_port,
                   const std::string& protocol) -> std::optional<std::string> {
    for (const auto& record : load_all_containers(engine, [](const std::string&, const Error&) {})) {
      if (!wire::is_active(record.state.status)) continue;
      for (const auto& port : ports_in_use(record.config, record.state))
        if (same_port(port, host_ip, host_port, protocol)) return record.config.name;
    }
    return std::nullopt;
  };
}

std::string write_private(const std::string& path, const std::string& content) {
  // Read by every user in the container; the run directory around it is 0700.
  sys::write_file(path, content, 0644);
  return path;
}

// One file for both containers, under a name of our own: a restart finds it also when the other one is gone.
std::string share_file(const std::string& from, const std::string& to, const char* name) {
  sys::remove_file(to + name);
  return ::link((from + name).c_str(), (to + name).c_str()) == 0 ? to + name : from + name;
}

}  // namespace

std::string port_text(const spec::PortMapping& port) {
  const bool v6 = port.host_ip.find(':') != std::string::npos;
  const std::string ip = port.host_ip.empty() ? "0.0.0.0" : v6 ? "[" + port.host_ip + "]" : port.host_ip;
  return format("{}:{}:{}/{}", ip, port.host_port, port.container_port, port.protocol);
}

ContainerNetwork plan_container_network(Engine& engine, const spec::ContainerConfig& config) {
  sys::UniqueFd join;
  std::string target_run_dir;
  if (config.network.mode == "container") {
    const auto target = find_container(engine, config.network.target);
    if (!wire::has_process(target.state.status))
      throw Error(ErrorKind::conflict,
                  format("join the network of container '{}': it is not running", target.config.name))
          .with_hint(format("start it first: lichen start {}", target.config.name));
    join = sys::open_path(format("/proc/{}/ns/net", target.state.pid), O_RDONLY);
    target_run_dir = engine.paths.container_run(target.config.id);
  }
  auto plan = network::plan_network(config.network, config.network.expose);
  if (!plan.notice.empty()) log_warn("{}", plan.notice);
  std::optional<HubConnection> hub;
  std::vector<std::pair<std::string, std::string>> linked;
  for (const auto& endpoint : config.network.endpoints)
    for (auto& host : link_hosts(engine, endpoint)) linked.push_back(std::move(host));
  if (plan.kind == network::NetworkKind::bridge) {
    plan.endpoints = lease_endpoints(engine, config);
    hub = connect_hub(engine);
    plan.hub_netns = hub->netns();
  }
  sys::FileLock range;
  if (std::ranges::any_of(plan.ports, [](const auto& port) { return port.host_port_last != 0; }))
    range = sys::wait_lock(engine.paths.port_range_lock(), sys::LockMode::exclusive, kRangeLimit, /*create=*/true);
  return {network::NetworkSetup(std::move(plan), engine.paths.container_run(config.id), port_holders(engine)),
          std::move(join),
          std::move(target_run_dir),
          std::move(hub),
          std::move(linked),
          link_env(engine, config),
          std::move(range)};
}

void announce_to_hub(const spec::ContainerConfig& config, const ContainerNetwork& network, pid_t monitor) {
  if (!network.hub) return;
  wire::HubMember member;
  member.id = config.id;
  member.pid = monitor;
  member.pid_start = sys::process_start_time(monitor).value_or(0);
  member.endpoints = network.setup.plan().endpoints;
  member.dns_servers = config.network.dns;
  for (const auto& port : network.setup.ports())
    member.ports.push_back({port.host_ip, port.host_port, port.container_port, port.protocol});
  network.hub->announce(member);
}

void finish_container_network(ContainerNetwork& network) {
  network.setup.finish();
  if (network.hub) network.hub->await();
  network.range = {};
}

void write_network_files(const spec::ContainerConfig& config, const ContainerNetwork& network,
                         const std::string& hostname, const std::string& run_dir, spec::HostFacts& facts) {
  facts.link_env = network.link_env;
  facts.hostname_path = write_private(run_dir + "/hostname", network::hostname_file(hostname));
  if (!network.target_run_dir.empty()) {
    if (!config.network.no_hosts) facts.hosts_path = share_file(network.target_run_dir, run_dir, "/hosts");
    facts.resolv_conf_path = share_file(network.target_run_dir, run_dir, "/resolv.conf");
    return;
  }
  const network::NetworkPlan& plan = network.setup.plan();
  if (!config.network.no_hosts) {
    auto input = network::hosts_input(plan, config.network, hostname, config.domainname);
    input.extra_hosts.insert(input.extra_hosts.end(), network.linked_hosts.begin(), network.linked_hosts.end());
    facts.hosts_path = write_private(run_dir + "/hosts", network::hosts_file(input));
  }
  const auto resolv = network::resolv_conf(network::resolv_input(plan, config.network, network::read_host_resolv()));
  if (resolv) facts.resolv_conf_path = write_private(run_dir + "/resolv.conf", *resolv);
}

}  // namespace lichen::engine
