// up --menu: single keys that do something while the output of containers goes by, as docker compose's menu.
#pragma once

#include <functional>

#include "libpod/sys/event_loop.hh"
#include "libpod/sys/pty.hh"

namespace lichen::compose {

class KeyMenu {
 public:
  /// Whether keys can be taken: standard input is a terminal, and ours just now (tcsetpgrp(3)).
  static bool is_possible();
  /// @param pressed  called in the loop
  KeyMenu(sys::EventLoop& loop, std::function<void(char key)> pressed);
  KeyMenu(const KeyMenu&) = delete;
  KeyMenu& operator=(const KeyMenu&) = delete;
  ~KeyMenu() { loop_.forget(watch_); }

 private:
  sys::EventLoop& loop_;
  std::function<void(char key)> pressed_;
  sys::KeyMode mode_;
  sys::EventLoop::WatchId watch_;
};

}  // namespace lichen::compose
