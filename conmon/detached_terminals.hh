// Terminals that nobody looks at: those of `exec -d -t`. Somebody must hold the master side and read it, or the program
// would get a hangup, or stop when the terminal's buffer is full. What it prints is dropped, as docker does.
#pragma once

#include <map>
#include <string>

#include "libpod/sys/event_loop.hh"
#include "libpod/sys/unique_fd.hh"

namespace lichen::conmon {

class DetachedTerminals {
 public:
  explicit DetachedTerminals(sys::EventLoop& loop) : loop_(loop) {}
  ~DetachedTerminals() { close_all(); }
  DetachedTerminals(const DetachedTerminals&) = delete;
  DetachedTerminals& operator=(const DetachedTerminals&) = delete;

  /// Listen at `path` (OCI runtime, --console-socket) for one terminal, which is then kept until its other side ends.
  void expect(const std::string& path);
  /// No terminal will come: the runtime has failed.
  void give_up(const std::string& path);
  void close_all();

 private:
  struct Terminal {
    sys::UniqueFd fd;  // the listener, later the master
    sys::EventLoop::WatchId watch = 0;
  };
  void receive(const std::string& path);
  void drop_output(const std::string& path);
  void close(const std::string& path);

  sys::EventLoop& loop_;
  std::map<std::string, Terminal> terminals_;  // by the path of the socket that they came by
};

}  // namespace lichen::conmon
