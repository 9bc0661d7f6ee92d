#include "libpod/sys/inotify.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"

#include <unistd.h>

namespace lichen::sys {

Inotify::Inotify() : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (fd_) return;
  const int error = errno;
  throw Error(error == EMFILE ? ErrorKind::unsupported : ErrorKind::system,
              format("watch files: {}", errno_text(error)), error)
      .with_hint("the limit is fs.inotify.max_user_instances: sysctl shows it, and root can raise it");
}

int Inotify::add(const std::string& path, std::uint32_t mask) {
  const int watch = ::inotify_add_watch(fd_.get(), path.c_str(), mask);
  if (watch >= 0) return watch;
  const int error = errno;
  if (error == ENOSPC)
    throw Error(ErrorKind::unsupported, format("watch '{}': too many directories are watched", printable(path)), error)
        .with_hint("the limit is fs.inotify.max_user_watches: sysctl shows it, and root can raise it");
  if (error == ENOENT || error == ENOTDIR || error == EACCES || error == ELOOP || error == ENAMETOOLONG) return -1;
  throw_errno_value(error, "watch '{}'", printable(path));
}

void Inotify::remove(int watch) { ::inotify_rm_watch(fd_.get(), watch); }

std::vector<Inotify::Event> Inotify::read() {
  std::vector<Event> events;
  alignas(inotify_event) char buffer[64 * 1024];
  for (;;) {
    const ssize_t count = ::read(fd_.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return events;
    for (ssize_t at = 0; at < count;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      const bool is_lost = (event->mask & IN_Q_OVERFLOW) != 0;
      events.push_back({.watch = is_lost ? -1 : event->wd,
                        .mask = event->mask,
                        .name = event->len > 0 ? std::string(event->name) : ""});
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
  }
}

}  // namespace lichen::sys
