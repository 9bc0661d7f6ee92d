// Who may know which name. A member that asks is known by its address, which the rules keep it from forging, and hears
// the names of all members with which it shares a network, whichever of its networks it asks on. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "libpod/spec/ip_network.hh"
#include "libpod/wire/hub_protocol.hh"

namespace lichen::hub {

class NameTable {
 public:
  /// In place of what was known of this id.
  void set(wire::HubMember member);
  void drop(const std::string& id);

  /// nullptr: nobody of ours.
  const wire::HubMember* member_at(const spec::IpAddress& address) const;
  /// nullopt: no such name for the one who asks. Both families, IPv4 first; several members of one name give all
  /// theirs.
  /// @param name  small letters; also NAME.NETWORK, as docker has it
  std::optional<std::vector<spec::IpAddress>> addresses(const wire::HubMember& asker, std::string_view name) const;
  /// The first name of the one who has this address; "": nobody whom the asker may know.
  std::string name_of(const wire::HubMember& asker, const spec::IpAddress& address) const;
  /// Whether the address is in one of the asker's networks: nobody else can tell more about it.
  static bool is_near(const wire::HubMember& asker, const spec::IpAddress& address);
  /// Servers for names that are not ours; empty: nobody is to be asked.
  static std::vector<std::string> servers(const wire::HubMember& asker);

 private:
  using NameKey = std::pair<std::string, std::string>;  // network, name
  void add_addresses(const NameKey& key, std::set<spec::IpAddress>& found) const;

  std::map<std::string, wire::HubMember> members_;
  std::map<spec::IpAddress, std::string> by_address_;  // id
  std::map<NameKey, std::set<std::string>> by_name_;   // ids
};

}  // namespace lichen::hub
