#include "libpod/engine/network_connect.hh"

#include <algorithm>
#include <functional>

#include "libpod/base/error.hh"
#include "libpod/engine/bridge_network.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/hub_client.hh"
#include "libpod/network/bridge.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/process.hh"

#include <sched.h>

namespace lichen::engine {
namespace {

bool is_open(const wire::HubEndpoint& endpoint) { return !endpoint.internal; }

// In a child: netlink in the hub's namespace, then in the container's.
void change_links(const HubConnection& hub, std::int64_t container_pid,
                  const std::function<void(int hub_netlink)>& change) {
  const auto* kind = sys::find_namespace_kind("network");
  const sys::UniqueFd netns = sys::open_process_namespace(static_cast<int>(container_pid), *kind);
  auto report = sys::make_pipe();
  sys::Pid child = sys::fork_child([&] {
    try {
      const sys::UniqueFd netlink = network::open_hub_netlink(hub.netns());
      sys::join_namespace(netns.get(), CLONE_NEWNET, "enter the container's network");
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

store::ContainerRecord find_connectable(Engine& engine, const std::string& container) {
  auto record = find_container(engine, container);
  const auto& mode = record.config.network.mode;
  if (mode != "bridge" && mode != "network")
    throw Error(ErrorKind::conflict,
                format("container {} has the network '{}': others cannot be added", record.config.name, mode))
        .with_hint("run it with --network bridge or a network of yours");
  return record;
}

}  // namespace

void connect_network(Engine& engine, const std::string& network, const std::string& container,
                     spec::NetworkEndpoint endpoint) {
  engine.enter_userns();
  endpoint.network = engine.networks.find(network);
  const auto record = find_connectable(engine, container);
  const auto lock = engine.containers.hold(record.config.id);
  auto config = engine.containers.load_config(record.config.id);
  auto& endpoints = config.network.endpoints;
  if (std::ranges::any_of(endpoints, [&](const auto& at) { return at.network == endpoint.network; }))
    throw_error(ErrorKind::conflict, "container {} is connected to network '{}' already", config.name,
                endpoint.network);
  endpoints.push_back(endpoint);
  if (wire::has_process(record.state.status)) {
    auto member = find_hub_member(engine, config.id);
    if (!member) throw_error(ErrorKind::system, "container {} is not known to the network hub", config.name);
    const bool leads_out = std::ranges::none_of(member->endpoints, is_open);
    auto place = lease_endpoint(engine, config, endpoint, *member);
    const HubConnection hub = connect_hub(engine);
    change_links(hub, record.state.pid, [&](int netlink) { network::join_bridge(netlink, place, leads_out); });
    member->endpoints.push_back(std::move(place));
    hub.announce(*member);
    hub.await();
  }
  engine.containers.write_config(config, sys::Durability::synced);
  append_event(engine, {.type = "network",
                        .action = "connect",
                        .id = engine.networks.get(endpoint.network).id,
                        .name = endpoint.network,
                        .image = {},
                        .attributes = {{"container", config.id}}});
}

void disconnect_network(Engine& engine, const std::string& network, const std::string& container, bool force) {
  engine.enter_userns();
  const std::string name = engine.networks.find(network);
  const auto record = find_connectable(engine, container);
  const auto lock = engine.containers.hold(record.config.id);
  auto config = engine.containers.load_config(record.config.id);
  auto& endpoints = config.network.endpoints;
  const auto found = std::ranges::find(endpoints, name, &spec::NetworkEndpoint::network);
  if (found == endpoints.end()) {
    if (force) return;
    throw_error(ErrorKind::conflict, "container {} is not connected to network '{}'", config.name, name);
  }
  endpoints.erase(found);
  if (wire::has_process(record.state.status))
    if (auto member = find_hub_member(engine, config.id)) {
      const auto left = std::ranges::find(member->endpoints, name, &wire::HubEndpoint::network);
      if (left != member->endpoints.end()) {
        const wire::HubEndpoint gone = *left;
        member->endpoints.erase(left);
        const auto way_out = std::ranges::find_if(member->endpoints, is_open);
        const HubConnection hub = connect_hub(engine);
        change_links(hub, record.state.pid, [&](int netlink) {
          network::leave_bridge(netlink, gone);
          if (way_out != member->endpoints.end()) network::set_way_out(*way_out);
        });
        hub.announce(*member);
        hub.await();
      }
    }
  engine.networks.release(name, config.id);
  engine.containers.write_config(config, sys::Durability::synced);
  append_event(engine, {.type = "network",
                        .action = "disconnect",
                        .id = engine.networks.get(name).id,
                        .name = name,
                        .image = {},
                        .attributes = {{"container", config.id}}});
}

}  // namespace lichen::engine
