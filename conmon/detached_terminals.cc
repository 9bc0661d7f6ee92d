#include "conmon/detached_terminals.hh"

#include "libpod/base/error.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/socket.hh"

#include <sys/socket.h>
#include <unistd.h>

namespace lichen::conmon {

void DetachedTerminals::expect(const std::string& path) {
  Terminal& terminal = terminals_[path];
  terminal.fd = sys::listen_unix(path, SOCK_STREAM);
  terminal.watch = loop_.watch(terminal.fd.get(), EPOLLIN, [this, path](std::uint32_t) { receive(path); });
}

void DetachedTerminals::receive(const std::string& path) {
  Terminal& terminal = terminals_.at(path);
  auto connection = sys::accept_same_user(terminal.fd.get());
  if (!connection) return;
  // The runtime sends as soon as it is connected.
  auto packet = sys::receive_packet(connection->get(), 4096);
  loop_.forget(terminal.watch);
  sys::remove_file(path);
  if (!packet || !packet->fd) return close(path);
  terminal.fd = std::move(packet->fd);
  sys::set_nonblocking(terminal.fd.get(), true);
  terminal.watch = loop_.watch(terminal.fd.get(), EPOLLIN, [this, path](std::uint32_t) { drop_output(path); });
}

void DetachedTerminals::drop_output(const std::string& path) {
  char buffer[4096];
  ssize_t count = 0;
  while ((count = ::read(terminals_.at(path).fd.get(), buffer, sizeof buffer)) > 0 || (count < 0 && errno == EINTR)) {
  }
  if (count < 0 && errno == EAGAIN) return;
  close(path);  // EIO: nobody has the other side open any more
}

void DetachedTerminals::give_up(const std::string& path) {
  if (!terminals_.contains(path)) return;
  sys::remove_file(path);
  close(path);
}

void DetachedTerminals::close(const std::string& path) {
  const auto found = terminals_.find(path);
  loop_.forget(found->second.watch);
  terminals_.erase(found);
}

void DetachedTerminals::close_all() {
  while (!terminals_.empty()) close(terminals_.begin()->first);
}

}  // namespace lichen::conmon
