// inotify(7): being told of what happens in directories.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/inotify.h>

#include "libpod/sys/unique_fd.hh"

namespace lichen::sys {

class Inotify {
 public:
  struct Event {
    int watch = -1;  // -1: the queue was full, and events are lost (IN_Q_OVERFLOW)
    std::uint32_t mask = 0;
    std::string name;  // in the directory; empty: the directory itself
  };

  /// @throws Error{unsupported} the user has too many instances
  Inotify();

  /// Readable when there are events.
  int fd() const { return fd_.get(); }
  /// Watch what `path` leads to now; an inode that is watched already keeps its number.
  /// @return -1: it is not there, is no directory and `mask` asks for one, or may not be read
  /// @throws Error{unsupported} the user has too many watches
  int add(const std::string& path, std::uint32_t mask);
  /// One that the kernel has removed already is fine.
  void remove(int watch);
  /// All that are there now.
  std::vector<Event> read();

 private:
  UniqueFd fd_;
};

}  // namespace lichen::sys
