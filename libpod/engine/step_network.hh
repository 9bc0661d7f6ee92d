// A network for processes of containers that have no record: the RUN steps of a build.
//
// One process holds a namespace on the default network as long as the object lives; any number of steps join it. Its
// address is leased under an id of its own, whose marker in staging/ says that it is alive (store/container_store.hh).
#pragma once

#include <string>

#include "libpod/engine/container_network.hh"
#include "libpod/engine/engine.hh"

namespace lichen::engine {

class StepNetwork {
 public:
  /// @param config  mode, dns, extra hosts; a bridge network's endpoints
  /// @throws as plan_container_network and finish_container_network @stage in U0, single-threaded
  StepNetwork(Engine& engine, const spec::NetworkConfig& config);
  StepNetwork(const StepNetwork&) = delete;
  StepNetwork& operator=(const StepNetwork&) = delete;
  ~StepNetwork();

  /// The caller, a child, lives in it from now on. For host mode it stays where it is.
  void enter() const;
  /// hosts and resolv.conf below `directory`; their paths go into `facts`.
  void write_files(const std::string& hostname, const std::string& directory, spec::HostFacts& facts) const;

 private:
  Engine& engine_;
  spec::ContainerConfig config_;
  sys::FileLock marker_;
  std::optional<ContainerNetwork> network_;
  sys::UniqueFd life_;  // the holder ends with it
  sys::Pid holder_;
  sys::UniqueFd netns_;
};

}  // namespace lichen::engine
