#include "libpod/engine/step_network.hh"

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/bridge_network.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/process.hh"
#include "libpod/sys/socket.hh"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

constexpr std::chrono::seconds kLockTimeout{5};

bool makes_namespace(const ContainerNetwork& network) { return network.setup.plan().new_namespace(); }

}  // namespace

StepNetwork::StepNetwork(Engine& engine, const spec::NetworkConfig& config) : engine_(engine) {
  config_.id = random_id();
  config_.name = "build-" + short_id(config_.id);
  config_.network = config;
  marker_ = sys::wait_lock(engine.paths.container_marker(config_.id), sys::LockMode::exclusive, kLockTimeout,
                           /*create=*/true);
  sys::make_directories(engine.paths.container_run(config_.id), 0700);
  network_.emplace(plan_container_network(engine, config_));
  if (!makes_namespace(*network_)) return;
  sys::SocketPair ready = sys::make_socket_pair(SOCK_SEQPACKET);
  sys::Pipe life = sys::make_pipe();
  holder_ = sys::fork_child([&] {
    ready.first.reset();
    life.write.reset();
    ::prctl(PR_SET_NAME, "lichen-build");
    network_->setup.enter_in_child();
    const sys::UniqueFd own = sys::open_path("/proc/thread-self/ns/net", O_RDONLY);
    sys::send_packet(ready.second.get(), "n", own.get());
    // A network helper ends with what setup.keep_fds() names, and these with us.
    char byte = 0;
    while (::read(life.read.get(), &byte, 1) < 0 && errno == EINTR) {
    }
    return 0;
  });
  ready.second.reset();
  life_ = std::move(life.write);
  network_->setup.in_parent();
  announce_to_hub(config_, *network_, holder_.get());
  auto packet = sys::receive_packet(ready.first.get(), 1);
  if (!packet || !packet->fd) throw_error(ErrorKind::system, "make the network of the build: its process ended");
  netns_ = std::move(packet->fd);
  finish_container_network(*network_);
}

StepNetwork::~StepNetwork() {
  life_.reset();
  try {
    // Not by the end of its pipe alone: holders and workers that came later have a copy of our end.
    if (holder_) {
      holder_.kill(SIGKILL);
      holder_.wait();
    }
    release_endpoints(engine_, config_);
    sys::remove_tree(engine_.paths.container_run(config_.id));
    sys::remove_file(engine_.paths.container_marker(config_.id));
  } catch (const Error& error) {
    log_debug("{}", error.what());  // the next sweep takes it
  }
}

void StepNetwork::enter() const {
  if (netns_) sys::join_namespace(netns_.get(), CLONE_NEWNET, "build's network");
}

void StepNetwork::write_files(const std::string& hostname, const std::string& directory, spec::HostFacts& facts) const {
  write_network_files(config_, *network_, hostname, directory, facts);
}

}  // namespace lichen::engine
