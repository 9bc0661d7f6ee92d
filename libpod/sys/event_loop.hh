// One thread, one epoll: descriptors, timers and signals call back from run().
//
// Theory of operation. Every watch has a number that is never used twice; epoll gives the number back, not a pointer,
// so an event that was fetched before its watch was forgotten finds nothing and is dropped: callbacks may forget any
// watch, their own included, and descriptor numbers may be reused within one round. Timers are few, so they are a plain
// list. Callbacks run one after another; an exception leaves run() and the loop stays usable.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <sys/epoll.h>
#include <sys/signalfd.h>

#include "libpod/sys/unique_fd.hh"

namespace lichen::sys {

class EventLoop {
 public:
  using WatchId = std::uint64_t;  // 0 is never given out
  using TimerId = std::uint64_t;
  using FdHandler = std::function<void(std::uint32_t events)>;
  using TimerHandler = std::function<void()>;
  using SignalHandler = std::function<void(const signalfd_siginfo&)>;

  EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Call `handler` when `fd` has one of `events` (EPOLLIN, EPOLLOUT; EPOLLHUP and EPOLLERR always). The descriptor
  /// stays the caller's and must be forgotten before it is closed.
  /// @throws Error{system}; EPERM: regular files and directories cannot be watched
  WatchId watch(int fd, std::uint32_t events, FdHandler handler);
  /// Another set of events. Same as before: no system call.
  void change(WatchId watch, std::uint32_t events);
  /// Zero and forgotten ones are fine. Sets `watch` to zero.
  void forget(WatchId& watch);

  TimerId after(std::chrono::milliseconds delay, TimerHandler handler);
  /// Zero and fired ones are fine. Sets `timer` to zero.
  void cancel(TimerId& timer);

  /// Block these signals for the process and hand them to `handler`. Once per loop.
  void on_signals(std::initializer_list<int> signals, SignalHandler handler);

  /// When nothing has happened for `after`: give back free heap pages and these pages (or none), which must be clean
  /// ones of a file (the program's text), right before waiting. While we wait next to nothing of the program is mapped
  /// then; what is executed again comes back from the page cache.
  void drop_when_idle(std::chrono::milliseconds after, std::vector<std::pair<void*, std::size_t>> pages);

  /// Until stop(), which may have come before. One round = all events that are there, then the timers that are due.
  void run();
  void stop() { stopped_ = true; }
  /// One round; waits for at most `limit`.
  void step(std::chrono::milliseconds limit);

 private:
  using Clock = std::chrono::steady_clock;
  struct Watch {
    int fd;
    std::uint32_t events;
    FdHandler handler;
  };
  struct Timer {
    TimerId id;
    Clock::time_point due;
    TimerHandler handler;
  };

  int timeout_ms(std::chrono::milliseconds limit) const;
  void fire_timers();
  int wait(epoll_event* events, int capacity, int timeout);

  UniqueFd epoll_;
  UniqueFd signals_;
  std::map<WatchId, std::shared_ptr<Watch>> watches_;
  std::vector<Timer> timers_;
  std::uint64_t last_id_ = 0;
  bool stopped_ = false;
  std::chrono::milliseconds idle_after_{0};
  std::vector<std::pair<void*, std::size_t>> idle_pages_;
  bool dropped_ = false;  // since the last event
};

}  // namespace lichen::sys
