// slirp4netns of the hub: the one way out of all networks that have one.
#pragma once

#include <optional>

#include "libpod/hub/rules.hh"
#include "libpod/network/helper_launch.hh"

namespace lichen::hub {

class WayOut {
 public:
  explicit WayOut(int hub_netns) : netns_(hub_netns) {}

  /// @stage in the host's network namespace
  void start();
  /// Wait until it works. @throws as network::HelperLaunch::wait_ready
  void wait_ready();
  /// Readable when it has ended: then start() again.
  int pidfd() const { return process_.pidfd(); }

 private:
  int netns_;
  std::optional<network::HelperLaunch> launch_;
  sys::Pid process_;
  bool ready_ = false;
};

}  // namespace lichen::hub
