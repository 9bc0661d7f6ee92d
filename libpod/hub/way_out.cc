#include "libpod/hub/way_out.hh"

#include "libpod/base/error.hh"
#include "libpod/hub/hub_namespace.hh"
#include "libpod/network/slirp4netns.hh"

namespace lichen::hub {
namespace {

constexpr std::chrono::milliseconds kTapTimeout{1000};

}  // namespace

void WayOut::start() {
  network::SlirpOptions options;
  options.enable_ipv6 = true;
  options.device = kOutside;
  ready_ = false;
  if (process_) process_.wait();
  wait_until_gone(netns_, kOutside, kTapTimeout);
  launch_.emplace(network::prepare_slirp4netns(options));
  process_ = launch_->fork_owned_helper();
  launch_->release_helper(netns_);
}

void WayOut::wait_ready() {
  LICHEN_ASSERT(launch_);
  if (ready_) return;
  launch_->wait_ready();
  ready_ = true;
}

}  // namespace lichen::hub
