// sd_notify(3) for a container under systemd: who tells the manager that it is ready, and when.
//
// podman's modes. conmon: ready once the container runs. healthy: ready once its health check says so. container: its
// own program says so through a socket of ours at /run/notify in the container; what it may say is a list, so that it
// cannot name another main process or hand over descriptors. In every mode the monitor is the unit's main process: it
// lives as long as the container and exits after it.
#pragma once

#include <string>
#include <string_view>

#include "libpod/sys/event_loop.hh"
#include "libpod/sys/unique_fd.hh"
#include "libpod/wire/monitor_args.hh"

namespace lichen::conmon {

class Notify {
 public:
  /// @param manager  a datagram socket that is connected to $NOTIFY_SOCKET; none: every call does nothing
  Notify(const wire::MonitorConfig& config, sys::EventLoop& loop, sys::UniqueFd manager);
  ~Notify();
  Notify(const Notify&) = delete;
  Notify& operator=(const Notify&) = delete;

  /// Make the socket that the container sees. Before it is created.
  void listen();
  void started();
  void healthy();

 private:
  void forward();
  void send(std::string_view text) const;

  const wire::MonitorConfig& config_;
  sys::EventLoop& loop_;
  sys::UniqueFd manager_, socket_;
  sys::EventLoop::WatchId watch_ = 0;
};

/// The lines of a message of the container that are passed on. Pure.
std::string allowed_notification(std::string_view message);

}  // namespace lichen::conmon
