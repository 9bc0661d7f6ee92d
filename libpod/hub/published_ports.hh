// The hub's end of published ports: it opens their sockets in the host's namespace, where alone it can be done, and
// hands them to the process that carries the bytes (port_forwarder.hh). As the hub keeps them, a port stays taken while
// that process is started again.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "libpod/hub/hub_child.hh"
#include "libpod/wire/hub_protocol.hh"

namespace lichen::hub {

class PublishedPorts {
 public:
  /// @param is_marked  the rules bring answers back to marked connections
  PublishedPorts(int hub_netns, bool is_marked) : netns_(hub_netns), is_marked_(is_marked) {}

  /// The member's ports, all or none, in place of what it had; those that are the same are not closed. @throws
  /// Error{conflict|permission|invalid} as network::open_published_port; Error{usage} it has no address that a port
  /// could lead to
  void set(const wire::HubMember& member);
  void remove(const std::string& id);

  /// -1: it does not run. Readable when it has ended: then restart().
  int pidfd() const { return child_.process ? child_.process.pidfd() : -1; }
  void restart();
  std::uint64_t starts() const { return starts_; }

 private:
  struct Port {
    std::string member;
    sys::UniqueFd socket;
    Json order;
  };
  void start();
  void tell(const Json& order, int fd);

  int netns_;
  bool is_marked_;
  std::map<std::uint64_t, Port> ports_;
  std::map<std::string, std::string> open_;  // member -> what its ports are
  std::uint64_t last_number_ = 0, starts_ = 0;
  HubChild child_;
};

}  // namespace lichen::hub
