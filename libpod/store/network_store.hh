// networks/<name>/: network.json, and leases/<address>, a symlink to the id of the container that has the address.
//
// Addresses are taken under a lock of leases/, each by one symlink: a killed command leaves at most a lease of a
// container that does not exist, and whoever finds no other free address, or is given that one by name, takes it over.
// A container keeps its addresses over stop and start; they go when it is removed. Who removes a network holds the same
// lock while it looks for users, so that nobody gets an address of a network that goes.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "libpod/spec/network_record.hh"
#include "libpod/store/paths.hh"
#include "libpod/sys/lock.hh"

namespace lichen::store {

class NetworkStore {
 public:
  explicit NetworkStore(const Paths& paths) : paths_(paths) {}

  /// `bridge` always.
  bool has(const std::string& name) const;
  /// @throws Error{not_found} with the name that is near; Error{invalid}
  spec::NetworkRecord get(const std::string& name) const;
  /// The name for a name, an id or the beginning of an id. @throws Error{not_found}; Error{conflict} ambiguous
  std::string find(const std::string& name_or_id) const;
  /// Sorted; with `bridge`.
  std::vector<std::string> list() const;
  /// false: there is one of that name.
  bool create(const spec::NetworkRecord& record);
  /// Replace the record of a network that is there; `bridge` has none.
  void update(const spec::NetworkRecord& record);
  /// While it is held no container gets an address. @throws Error{not_found}; Error{conflict} after 10 s
  sys::FileLock hold(const std::string& name) const;
  void remove(const std::string& name);

  struct Lease {
    std::string address, container;
  };
  std::vector<Lease> leases(const std::string& network) const;
  /// The address of `subnet` that the container has already, `wanted`, or the next free one.
  /// @param is_alive  whether a container exists: leases of others are void
  /// @throws Error{conflict} `wanted` is taken, or none is free; Error{usage} it is not in the subnet;
  /// Error{not_found} the network has been removed
  spec::IpAddress lease(const std::string& network, const spec::SubnetConfig& subnet, const std::string& container,
                        const std::optional<spec::IpAddress>& wanted,
                        const std::function<bool(const std::string& id)>& is_alive) const;
  std::string lease_path(const std::string& network, const std::string& address) const {
    return lease_dir(network) + "/" + address;
  }
  /// Give back what the container has.
  void release(const std::string& network, const std::string& container) const;

 private:
  std::string lease_dir(const std::string& network) const { return paths_.network(network) + "/leases"; }
  bool take(const std::string& network, const spec::IpAddress& address, const std::string& container,
            const std::function<bool(const std::string& id)>& is_alive) const;
  const Paths& paths_;
};

}  // namespace lichen::store
