#include "libpod/engine/network_connect.hh"

#include <algorithm>
#include <functional>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/bridge_network.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/hub_client.hh"
#include "libpod/engine/network_links.hh"
#include "libpod/engine/network_users.hh"
#include "libpod/network/bridge.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/process.hh"

#include <sched.h>

namespace lichen::engine {
namespace {

constexpr std::size_t kMaxHosts = 1 << 20;

using Hosts = std::vector<std::pair<std::string, std::string>>;

// The container's own file, in place: it is a bind mount in there. Lines of others stay as they are.
void change_hosts(const Engine& engine, const spec::ContainerConfig& config, const Hosts& hosts, bool add) {
  const std::string path = engine.paths.container_run(config.id) + "/hosts";
  const auto old = hosts.empty() ? std::nullopt : sys::read_file_if_exists(path, kMaxHosts);
  if (!old) return;
  std::string text = *old;
  if (!text.empty() && text.back() != '\n') text += '\n';
  for (const auto& [name, address] : hosts) {
    const std::string line = format("{}\t{}\n", address, name);
    if (add)
      text += line;
    else if (const auto at = ("\n" + text).find("\n" + line); at != std::string::npos)
      text.erase(at, line.size());
  }
  sys::write_file(path, text, 0644);
}

// In a child: netlink in the hub's namespace, then in the container's.
void change_links(const HubConnection& hub, std::int64_t container_pid,
                  const std::function<void(int hub_netlink)>& change) {
  const auto* kind = sys::find_namespace_kind("network");
  const sys::UniqueFd netns = sys::open_process_namespace(static_cast<int>(container_pid), *kind);
  auto report = sys::make_pipe();
  sys::Pid child = sys::fork_child([&] {
    try {
      const sys::UniqueFd netlink = network::open_hub_netlink(hub.netns());
      sys::join_namespace(netns.get(), CLONE_NEWNET, "container's network");
      change(netlink.get());
      return 0;
    } catch (const Error& error) {
      sys::write_all(report.write.get(), error.what(), "report");
      return 1;
    }
  });
  report.write.reset();
  const std::string said = sys::read_all(report.read.get(), "report", 4096);
  if (child.wait().code != 0)
    throw_error(ErrorKind::system, "{}", said.empty() ? "the network cannot be changed" : said);
}

std::string find_bridge_network(const Engine& engine, const std::string& network) {
  const std::string name = find_network(engine, network).name;
  if (is_builtin_network(name) && name != spec::kDefaultNetwork)
    throw Error(ErrorKind::conflict,
                format("network '{}': containers cannot be connected to it, nor disconnected", name))
        .with_hint(format("a container has it from its beginning: lichen run --network {}", name));
  return name;
}

store::ContainerRecord find_connectable(Engine& engine, const std::string& container) {
  auto record = find_container(engine, container);
  const auto& mode = record.config.network.mode;
  if (mode != "bridge" && mode != "network")
    throw Error(ErrorKind::conflict,
                format("container {} has the network '{}': others cannot be added", record.config.name, mode))
        .with_hint("run it with --network bridge or a network of yours");
  return record;
}

// @param member  without `gone`
void leave(const HubConnection& hub, const wire::HubMember& member, const wire::HubEndpoint& gone, std::int64_t pid) {
  const auto way_out = wire::way_out_of(member.endpoints);
  change_links(hub, pid, [&](int netlink) {
    network::leave_bridge(netlink, gone);
    if (way_out < member.endpoints.size()) network::set_way_out(member.endpoints[way_out]);
  });
  hub.announce(member);
  hub.await();
}

Hosts join_running(Engine& engine, const spec::ContainerConfig& config, const spec::NetworkEndpoint& endpoint,
                   std::int64_t pid) {
  auto member = find_hub_member(engine, config.id);
  if (!member) throw_error(ErrorKind::system, "container {} is not known to the network hub", config.name);
  auto linked = link_hosts(engine, endpoint);
  member->endpoints.push_back(lease_endpoint(engine, config, endpoint, *member));
  const auto& place = member->endpoints.back();
  const bool leads_out = wire::way_out_of(member->endpoints) == member->endpoints.size() - 1;
  const HubConnection hub = connect_hub(engine);
  try {
    change_links(hub, pid, [&](int netlink) { network::join_bridge(netlink, place, leads_out); });
    hub.announce(*member);
    hub.await();
  } catch (const Error&) {
    const wire::HubEndpoint gone = place;
    member->endpoints.pop_back();
    try {
      leave(hub, *member, gone, pid);
    } catch (const Error& error) {
      log_debug("{}", error.what());  // the first error counts
    }
    throw;
  }
  return linked;
}

void leave_running(Engine& engine, const std::string& id, const std::string& network, std::int64_t pid) {
  auto member = find_hub_member(engine, id);
  if (!member) return;
  const auto left = std::ranges::find(member->endpoints, network, &wire::HubEndpoint::network);
  if (left == member->endpoints.end()) return;
  const wire::HubEndpoint gone = *left;
  member->endpoints.erase(left);
  leave(connect_hub(engine), *member, gone, pid);
}

void append_network_event(Engine& engine, const char* action, const std::string& network, const std::string& id) {
  append_event(engine, {.type = "network",
                        .action = action,
                        .id = engine.networks.get(network).id,
                        .name = network,
                        .image = {},
                        .attributes = {{"container", id}}});
}

}  // namespace

void connect_network(Engine& engine, const std::string& network, const std::string& container,
                     spec::NetworkEndpoint endpoint) {
  engine.enter_userns();
  endpoint.network = find_bridge_network(engine, network);
  const auto record = find_connectable(engine, container);
  const auto lock = engine.containers.hold(record.config.id);
  auto config = engine.containers.load_config(record.config.id);
  auto& endpoints = config.network.endpoints;
  if (std::ranges::any_of(endpoints, [&](const auto& at) { return at.network == endpoint.network; }))
    throw_error(ErrorKind::conflict, "container {} is connected to network '{}' already", config.name,
                endpoint.network);
  resolve_links(engine, config.network, endpoint);
  endpoints.push_back(endpoint);
  {
    // The record first: it is what says that the network is in use. Killed behind it, the container has the network
    // from its next start on.
    const auto stays = engine.networks.hold(endpoint.network);
    engine.containers.write_config(config, sys::Durability::synced);
  }
  if (wire::has_process(record.state.status)) try {
      change_hosts(engine, config, join_running(engine, config, endpoint, record.state.pid), true);
    } catch (const Error&) {
      engine.networks.release(endpoint.network, config.id);
      endpoints.pop_back();
      engine.containers.write_config(config, sys::Durability::synced);
      throw;
    }
  append_network_event(engine, "connect", endpoint.network, config.id);
}

void disconnect_network(Engine& engine, const std::string& network, const std::string& container, bool force) {
  engine.enter_userns();
  const std::string name = find_bridge_network(engine, network);
  const auto record = find_connectable(engine, container);
  const auto lock = engine.containers.hold(record.config.id);
  auto config = engine.containers.load_config(record.config.id);
  auto& endpoints = config.network.endpoints;
  const auto found = std::ranges::find(endpoints, name, &spec::NetworkEndpoint::network);
  if (found == endpoints.end()) {
    if (force) return;
    throw_error(ErrorKind::conflict, "container {} is not connected to network '{}'", config.name, name);
  }
  if (wire::has_process(record.state.status)) {
    leave_running(engine, config.id, name, record.state.pid);
    try {
      change_hosts(engine, config, link_hosts(engine, *found), false);
    } catch (const Error& error) {
      log_debug("{}",
                error.what());  // the linked container has left the network itself: its line goes at the next start
    }
  }
  endpoints.erase(found);
  engine.networks.release(name, config.id);
  engine.containers.write_config(config, sys::Durability::synced);
  append_network_event(engine, "disconnect", name, config.id);
}

}  // namespace lichen::engine
