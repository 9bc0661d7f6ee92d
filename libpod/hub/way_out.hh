// slirp4netns of the hub: the one way out of all networks that have one, and the way in for published ports.
//
// It forwards a host port to a port of its own address in the hub (10.0.2.100); rules.hh delivers that to the
// container. The two ports are the same number where that is free, so that what tools show is what people typed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libpod/hub/rules.hh"
#include "libpod/network/helper_launch.hh"

namespace lichen::hub {

class WayOut {
 public:
  WayOut(std::string directory, int hub_netns) : directory_(std::move(directory)), netns_(hub_netns) {}

  /// @stage in the host's network namespace
  void start();
  /// Wait until it works. @throws as network::HelperLaunch::wait_ready
  void wait_ready();
  /// Readable when it has ended: then start() again, and add() what was there.
  int pidfd() const { return process_.pidfd(); }

  /// Forward the member's ports, all or none. @throws Error{conflict} one is taken
  void add(const wire::HubMember& member);
  void remove(const std::string& id);
  std::vector<Delivery> deliveries() const;

 private:
  struct Forward {
    std::string member;
    std::int64_t id = 0;
    Delivery delivery;
  };
  std::uint16_t free_port(const wire::HubPort& port) const;

  std::string directory_;
  int netns_;
  std::optional<network::HelperLaunch> launch_;
  sys::Pid process_;
  bool ready_ = false;
  std::vector<Forward> forwards_;
};

}  // namespace lichen::hub
