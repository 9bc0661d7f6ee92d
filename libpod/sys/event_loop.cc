#include "libpod/sys/event_loop.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/sys/signals.hh"

#include <malloc.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lichen::sys {

EventLoop::EventLoop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw_errno("make an event loop");
}

EventLoop::WatchId EventLoop::watch(int fd, std::uint32_t events, FdHandler handler) {
  const WatchId id = ++last_id_;
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) throw_errno("watch file descriptor {}", fd);
  watches_.emplace(id, std::make_shared<Watch>(Watch{fd, events, std::move(handler)}));
  return id;
}

void EventLoop::change(WatchId watch, std::uint32_t events) {
  const auto found = watches_.find(watch);
  if (found == watches_.end() || found->second->events == events) return;
  epoll_event event{};
  event.events = events;
  event.data.u64 = watch;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, found->second->fd, &event) != 0)
    throw_errno("watch file descriptor {}", found->second->fd);
  found->second->events = events;
}

void EventLoop::forget(WatchId& watch) {
  const auto found = watches_.find(watch);
  watch = 0;
  if (found == watches_.end()) return;
  // Fails only when the caller closed the descriptor first; then epoll has dropped it already.
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, found->second->fd, nullptr);
  watches_.erase(found);
}

EventLoop::TimerId EventLoop::after(std::chrono::milliseconds delay, TimerHandler handler) {
  const TimerId id = ++last_id_;
  timers_.push_back({id, Clock::now() + delay, std::move(handler)});
  return id;
}

void EventLoop::cancel(TimerId& timer) {
  std::erase_if(timers_, [&](const Timer& entry) { return entry.id == timer; });
  timer = 0;
}

void EventLoop::on_signals(std::initializer_list<int> signals, SignalHandler handler) {
  LICHEN_ASSERT(!signals_);
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) throw_errno("block signals");
  signals_ = make_signalfd(set);
  watch(signals_.get(), EPOLLIN, [this, handler = std::move(handler)](std::uint32_t) {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) handler(info);
  });
}

int EventLoop::timeout_ms(std::chrono::milliseconds limit) const {
  auto wait = limit;
  const auto now = Clock::now();
  for (const auto& timer : timers_)
    wait = std::min(wait,
                    std::chrono::ceil<std::chrono::milliseconds>(std::max(timer.due - now, Clock::duration::zero())));
  return static_cast<int>(std::clamp<std::int64_t>(wait.count(), 0, 3'600'000));
}

void EventLoop::fire_timers() {
  // Only those due now: a handler that sets a timer of 0 ms must not keep descriptors from their turn.
  const auto now = Clock::now();
  std::vector<TimerId> due;
  for (const auto& timer : timers_)
    if (timer.due <= now) due.push_back(timer.id);
  for (const TimerId id : due) {
    const auto found = std::find_if(timers_.begin(), timers_.end(), [&](const Timer& timer) { return timer.id == id; });
    if (found == timers_.end()) continue;  // cancelled by one of the others
    const TimerHandler handler = std::move(found->handler);
    timers_.erase(found);
    handler();
  }
}

void EventLoop::drop_when_idle(std::chrono::milliseconds after, std::vector<std::pair<void*, std::size_t>> pages) {
  idle_after_ = after;
  idle_pages_ = std::move(pages);
  dropped_ = false;
}

// By syscall(2) alone: between dropping the pages and sleeping nothing else is executed, so nothing else is mapped
// again.
int EventLoop::wait(epoll_event* events, int capacity, int timeout) {
  const auto ask = [&](int milliseconds) {
    return static_cast<int>(::syscall(SYS_epoll_pwait, epoll_.get(), events, capacity, milliseconds, nullptr, 8));
  };
  if (idle_after_.count() == 0 || dropped_ || timeout <= idle_after_.count()) return ask(timeout);
  const int patience = static_cast<int>(idle_after_.count());
  const int count = ask(patience);
  if (count != 0) return count;
  dropped_ = true;
  ::malloc_trim(0);
  for (const auto& [start, size] : idle_pages_) ::syscall(SYS_madvise, start, size, MADV_DONTNEED);
  return ask(timeout - patience);
}

void EventLoop::step(std::chrono::milliseconds limit) {
  epoll_event events[16];
  const int count = wait(events, 16, timeout_ms(limit));
  if (count > 0) dropped_ = false;
  if (count < 0 && errno != EINTR) throw_errno("wait for events");
  for (int i = 0; i < count; ++i) {
    const std::uint64_t id = events[i].data.u64;  // a copy: the kernel's struct is packed, and not aligned
    const auto found = watches_.find(id);
    if (found == watches_.end()) continue;
    const auto keep = found->second;  // the handler may forget itself
    keep->handler(events[i].events);
  }
  if (!timers_.empty()) fire_timers();
}

void EventLoop::run() {
  while (!stopped_) step(std::chrono::hours(1));
  stopped_ = false;
}

}  // namespace lichen::sys
