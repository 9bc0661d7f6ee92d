#include "libpod/hub/name_table.hh"

#include <algorithm>

#include "libpod/hub/dns_message.hh"

namespace lichen::hub {
namespace {

// slirp4netns' own, which asks the host's servers, whichever these are now (slirp4netns(1), "10.0.2.3").
constexpr const char* kServer = "10.0.2.3";

}  // namespace

void NameTable::set(wire::HubMember member) {
  drop(member.id);
  for (const auto& endpoint : member.endpoints) {
    for (const auto& subnet : endpoint.subnets)
      if (const auto address = spec::IpAddress::parse(subnet.address)) by_address_[*address] = member.id;
    if (!endpoint.dns) continue;
    for (const auto& name : endpoint.names) by_name_[{endpoint.network, lower_name(name)}].insert(member.id);
  }
  const std::string id = member.id;
  members_[id] = std::move(member);
}

void NameTable::drop(const std::string& id) {
  const auto found = members_.find(id);
  if (found == members_.end()) return;
  std::erase_if(by_address_, [&](const auto& row) { return row.second == id; });
  for (const auto& endpoint : found->second.endpoints)
    for (const auto& name : endpoint.names) {
      const auto row = by_name_.find({endpoint.network, lower_name(name)});
      if (row == by_name_.end()) continue;
      row->second.erase(id);
      if (row->second.empty()) by_name_.erase(row);
    }
  members_.erase(found);
}

const wire::HubMember* NameTable::member_at(const spec::IpAddress& address) const {
  const auto id = by_address_.find(address);
  return id == by_address_.end() ? nullptr : &members_.at(id->second);
}

void NameTable::add_addresses(const NameKey& key, std::set<spec::IpAddress>& found) const {
  const auto row = by_name_.find(key);
  if (row == by_name_.end()) return;
  for (const auto& id : row->second)
    for (const auto& endpoint : members_.at(id).endpoints) {
      if (endpoint.network != key.first) continue;
      for (const auto& subnet : endpoint.subnets)
        if (const auto address = spec::IpAddress::parse(subnet.address)) found.insert(*address);
    }
}

std::optional<std::vector<spec::IpAddress>> NameTable::addresses(const wire::HubMember& asker,
                                                                 std::string_view name) const {
  std::set<spec::IpAddress> found;  // IPv4 sorts first
  for (const auto& endpoint : asker.endpoints) {
    if (!endpoint.dns) continue;
    add_addresses({endpoint.network, std::string(name)}, found);
    const std::string suffix = "." + lower_name(endpoint.network);
    if (name.ends_with(suffix))
      add_addresses({endpoint.network, std::string(name.substr(0, name.size() - suffix.size()))}, found);
  }
  if (found.empty()) return std::nullopt;
  return std::vector(found.begin(), found.end());
}

std::string NameTable::name_of(const wire::HubMember& asker, const spec::IpAddress& address) const {
  const wire::HubMember* member = member_at(address);
  if (member == nullptr) return {};
  for (const auto& endpoint : member->endpoints) {
    const bool is_its = std::ranges::any_of(
        endpoint.subnets, [&](const auto& subnet) { return spec::IpAddress::parse(subnet.address) == address; });
    const bool is_shared = std::ranges::any_of(
        asker.endpoints, [&](const auto& own) { return own.dns && own.network == endpoint.network; });
    if (is_its && is_shared && endpoint.dns && !endpoint.names.empty()) return endpoint.names[0];
  }
  return {};
}

bool NameTable::is_near(const wire::HubMember& asker, const spec::IpAddress& address) {
  for (const auto& endpoint : asker.endpoints)
    for (const auto& subnet : endpoint.subnets)
      if (const auto network = spec::IpNetwork::parse(subnet.address + "/" + std::to_string(subnet.prefix));
          network && network->contains(address))
        return true;
  return false;
}

std::vector<std::string> NameTable::servers(const wire::HubMember& asker) {
  if (std::ranges::all_of(asker.endpoints, &wire::HubEndpoint::internal)) return {};
  if (!asker.dns_servers.empty()) return asker.dns_servers;
  std::vector<std::string> found;
  for (const auto& endpoint : asker.endpoints)
    if (!endpoint.internal) found.insert(found.end(), endpoint.dns_servers.begin(), endpoint.dns_servers.end());
  if (found.empty()) found.push_back(kServer);
  return found;
}

}  // namespace lichen::hub
