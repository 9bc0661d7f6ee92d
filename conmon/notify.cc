#include "conmon/notify.hh"

#include "libpod/base/error.hh"
#include "libpod/base/format.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/socket.hh"

#include <sys/socket.h>
#include <unistd.h>

namespace lichen::conmon {
namespace {

constexpr std::size_t kLongest = 4096;

}  // namespace

std::string allowed_notification(std::string_view message) {
  static constexpr std::string_view kAllowed[] = {"READY=1",   "RELOADING=1",    "STOPPING=1",
                                                  "STATUS=",   "ERRNO=",         "EXTEND_TIMEOUT_USEC=",
                                                  "WATCHDOG=", "WATCHDOG_USEC=", "MONOTONIC_USEC="};
  std::string out;
  for (const auto& line : split(message, '\n'))
    for (const std::string_view allowed : kAllowed)
      if (allowed.back() == '=' ? line.starts_with(allowed) : line == allowed) out += line + "\n";
  return out;
}

Notify::Notify(const wire::MonitorConfig& config, sys::EventLoop& loop, sys::UniqueFd manager)
    : config_(config), loop_(loop), manager_(std::move(manager)) {}

Notify::~Notify() { loop_.forget(watch_); }

void Notify::listen() {
  if (!manager_ || config_.notify_mode != "container") return;
  socket_ = sys::bind_datagram(config_.run_dir + "/notify/notify.sock");
  sys::set_nonblocking(socket_.get(), true);
  watch_ = loop_.watch(socket_.get(), EPOLLIN, [this](std::uint32_t) { forward(); });
}

void Notify::started() {
  if (!manager_) return;
  send(format("MAINPID={}{}", ::getpid(), config_.notify_mode == "conmon" ? "\nREADY=1" : ""));
}

void Notify::healthy() {
  if (manager_ && config_.notify_mode == "healthy") send("READY=1");
}

// read(2) takes no descriptors along: whoever sends some (FDSTORE, BARRIER) finds them closed.
void Notify::forward() {
  char buffer[kLongest];
  for (;;) {
    const ssize_t count = ::read(socket_.get(), buffer, sizeof buffer);
    if (count <= 0) return;
    const std::string text = allowed_notification({buffer, static_cast<std::size_t>(count)});
    if (!text.empty()) send(text);
  }
}

// A manager that does not listen (any more) is none of the container's business.
void Notify::send(std::string_view text) const {
  [[maybe_unused]] const ssize_t sent = ::send(manager_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace lichen::conmon
