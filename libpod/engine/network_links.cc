#include "libpod/engine/network_links.hh"

#include <algorithm>
#include <iterator>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/spec/link_variables.hh"
#include "libpod/spec/network_record.hh"

namespace lichen::engine {
namespace {

// "CONTAINER:ALIAS", which container_flags has checked.
std::pair<std::string, std::string> parts_of(const std::string& link) {
  const auto pair = cut(link, ':');
  return pair ? *pair : std::pair(link, link);
}

struct LinkedContainer {
  std::string alias;
  spec::ContainerConfig config;
  std::vector<std::string> addresses;  // on the network of the endpoint; none: it has never run
};

std::vector<LinkedContainer> linked_containers(const Engine& engine, const spec::NetworkEndpoint& endpoint) {
  std::vector<LinkedContainer> linked;
  if (endpoint.links.empty()) return linked;
  const auto leases = engine.networks.leases(endpoint.network);
  for (const auto& link : endpoint.links) {
    const auto [id, alias] = parts_of(link);
    if (!engine.containers.has(id)) continue;
    linked.push_back({alias, engine.containers.load_config(id), {}});
    for (const auto& lease : leases)
      if (lease.container == id) linked.back().addresses.push_back(lease.address);
  }
  return linked;
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

std::vector<std::pair<std::string, std::string>> link_hosts(const Engine& engine,
                                                            const spec::NetworkEndpoint& endpoint) {
  std::vector<std::pair<std::string, std::string>> hosts;
  for (const auto& link : endpoint.links)
    if (const auto [id, alias] = parts_of(link); !engine.containers.has(id))
      log_warn("--link {}: that container has been removed", alias);
  for (const auto& [alias, other, addresses] : linked_containers(engine, endpoint)) {
    for (const auto& address : addresses) {
      hosts.emplace_back(alias, address);
      if (other.name != alias) hosts.emplace_back(other.name, address);
    }
    if (addresses.empty())
      throw Error(ErrorKind::conflict, format("--link {}: container {} has no address on the network '{}' yet", alias,
                                              other.name, endpoint.network))
          .with_hint(format("start it first: lichen start {}", other.name));
  }
  return hosts;
}

std::vector<std::string> link_env(const Engine& engine, const spec::ContainerConfig& config) {
  std::vector<std::string> env;
  const auto& endpoints = config.network.endpoints;
  const auto endpoint = std::ranges::find(endpoints, spec::kDefaultNetwork, &spec::NetworkEndpoint::network);
  if (endpoint == endpoints.end()) return env;
  for (const auto& [alias, other, addresses] : linked_containers(engine, *endpoint))
    if (!addresses.empty())
      std::ranges::move(spec::link_variables(config.name, alias, addresses[0], other), std::back_inserter(env));
  return env;
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
