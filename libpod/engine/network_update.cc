// network update and reload: what the hub is told of containers that run, told again.
#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/bridge_network.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/network_users.hh"
#include "libpod/engine/networks.hh"
#include "libpod/sys/lock.hh"

namespace lichen::engine {
namespace {

constexpr std::chrono::seconds kLockTimeout{10};

void check_servers(const std::string& network, std::string_view flag, const std::vector<std::string>& servers) {
  for (const auto& server : servers)
    if (!spec::IpAddress::parse(server))
      throw Error(ErrorKind::usage, format("update network '{}': --{} '{}' is not an address", network, flag, server))
          .with_hint("write it like 192.0.2.53");
}

void tell_members(Engine& engine, const std::string& network) {
  const auto containers = containers_in_use_check(engine);
  for (const auto* user : users_of(containers, network)) {
    if (!is_active(*user)) continue;
    try {
      const auto lock = engine.containers.hold(user->config.id);
      refresh_member(engine, engine.containers.load_config(user->config.id));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) throw;  // it ended a moment ago
    }
  }
}

}  // namespace

void update_network(Engine& engine, const std::string& name_or_id, const NetworkChange& change) {
  const std::string name = find_network(engine, name_or_id).name;
  if (is_builtin_network(name))
    throw Error(ErrorKind::conflict, format("update network '{}': it is always there as it is", name))
        .with_hint("give containers their servers with lichen run --dns, or make a network: lichen network create");
  check_servers(name, "dns-add", change.dns_add);
  check_servers(name, "dns-drop", change.dns_drop);
  spec::NetworkRecord record;
  {
    const auto lock = sys::wait_lock(engine.paths.networks(), sys::LockMode::exclusive, kLockTimeout);
    const auto stays = engine.networks.hold(name);
    record = engine.networks.get(name);
    if (!record.dns)
      throw Error(ErrorKind::conflict, format("update network '{}': it was made with --disable-dns", name))
          .with_hint("give containers their servers with lichen run --dns");
    for (const auto& server : change.dns_drop) std::erase(record.dns_servers, server);
    for (const auto& server : change.dns_add)
      if (std::ranges::find(record.dns_servers, server) == record.dns_servers.end())
        record.dns_servers.push_back(server);
    engine.networks.update(record);
  }
  tell_members(engine, name);
  append_event(engine,
               {.type = "network", .action = "update", .id = record.id, .name = name, .image = {}, .attributes = {}});
}

std::string reload_network(Engine& engine, const std::string& container) {
  const auto found = find_container(engine, container);
  const auto lock = engine.containers.hold(found.config.id);
  const auto record = load_container(engine, found.config.id);
  if (!wire::has_process(record.state.status))
    throw Error(ErrorKind::conflict,
                format("reload the network of container {}: it is not running", record.config.name))
        .with_hint("its rules are set when it starts");
  if (!refresh_member(engine, record.config))
    throw Error(ErrorKind::conflict,
                format("reload the network of container {}: it is on no bridge network", record.config.name))
        .with_hint("only networks such as `lichen network create` makes have rules");
  return record.config.id;
}

std::vector<std::string> reloadable_containers(Engine& engine) {
  std::vector<std::string> ids;
  for (const auto& container : containers_in_use_check(engine))
    if (is_active(container) && !container.config.network.endpoints.empty()) ids.push_back(container.config.id);
  return ids;
}

}  // namespace lichen::engine
