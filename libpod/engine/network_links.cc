#include "libpod/engine/network_links.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/cleanup.hh"

namespace lichen::engine {
namespace {

// "CONTAINER:ALIAS", which container_flags has checked.
std::pair<std::string, std::string> parts_of(const std::string& link) {
  const auto pair = cut(link, ':');
  return pair ? *pair : std::pair(link, link);
}

}  // namespace

void resolve_links(Engine& engine, const spec::NetworkConfig& network, spec::NetworkEndpoint& endpoint) {
  if (!endpoint.links.empty() && network.no_hosts)
    throw Error(ErrorKind::usage, "--link and --no-hosts exclude each other")
        .with_hint("links are lines of /etc/hosts");
  for (auto& link : endpoint.links) {
    const auto [name, alias] = parts_of(link);
    const auto target = find_container(engine, name);
    if (!std::ranges::any_of(target.config.network.endpoints,
                             [&](const auto& at) { return at.network == endpoint.network; }))
      throw Error(ErrorKind::conflict,
                  format("--link {}: that container is not on the network '{}'", link, endpoint.network))
          .with_hint(format("connect it: lichen network connect {} {}", endpoint.network, target.config.name));
    link = target.config.id + ":" + alias;
  }
}

std::vector<std::pair<std::string, std::string>> link_hosts(Engine& engine, const spec::NetworkEndpoint& endpoint) {
  std::vector<std::pair<std::string, std::string>> hosts;
  if (endpoint.links.empty()) return hosts;
  const auto leases = engine.networks.leases(endpoint.network);
  for (const auto& link : endpoint.links) {
    const auto [id, alias] = parts_of(link);
    if (!engine.containers.has(id)) {
      log_warn("--link {}: that container has been removed", alias);
      continue;
    }
    const std::string name = engine.containers.load_config(id).name;
    const auto before = hosts.size();
    for (const auto& lease : leases) {
      if (lease.container != id) continue;
      hosts.emplace_back(alias, lease.address);
      if (name != alias) hosts.emplace_back(name, lease.address);
    }
    if (hosts.size() == before)
      throw Error(ErrorKind::conflict, format("--link {}: container {} has no address on the network '{}' yet", alias,
                                              name, endpoint.network))
          .with_hint(format("start it first: lichen start {}", name));
  }
  return hosts;
}

std::vector<std::string> link_texts(const Engine& engine, const spec::NetworkEndpoint& endpoint) {
  std::vector<std::string> texts;
  for (const auto& link : endpoint.links) try {
      const auto [id, alias] = parts_of(link);
      texts.push_back(engine.containers.load_config(id).name + ":" + alias);
    } catch (const Error& error) {
      log_debug("{}", error.what());  // it has been removed
    }
  return texts;
}

}  // namespace lichen::engine
