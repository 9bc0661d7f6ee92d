// Talking to the network hub (wire/hub_protocol.hh, libpod/hub): started by the first container that needs it.
#pragma once

#include <string>

#include "libpod/engine/engine.hh"
#include "libpod/wire/hub_protocol.hh"

namespace lichen::engine {

/// While it is open the hub stays.
class HubConnection {
 public:
  HubConnection(sys::UniqueFd socket, sys::UniqueFd netns, std::string directory)
      : socket_(std::move(socket)), netns_(std::move(netns)), directory_(std::move(directory)) {}

  /// The hub's network namespace.
  int netns() const { return netns_.get(); }
  /// Write the member's record and have the hub act on it; the answer comes later.
  void announce(const wire::HubMember& member) const;
  /// @throws the hub's Error: a port is taken, the kernel has no nf_tables, slirp4netns does not start
  void await() const;

 private:
  sys::UniqueFd socket_, netns_;
  std::string directory_;
};

/// @throws Error{system} it does not answer @stage in U0 and in the host's network namespace
HubConnection connect_hub(Engine& engine);

/// What the hub knows of a container; nullopt: it is no member now.
std::optional<wire::HubMember> find_hub_member(const Engine& engine, const std::string& id);

}  // namespace lichen::engine
