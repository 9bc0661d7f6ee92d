#include "conmon/stdio.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/sys/fs.hh"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace lichen::conmon {
namespace {

constexpr std::size_t kRead = 64 * 1024;  // a pipe's default capacity
char read_buffer[kRead];                  // one thread, used within one call only: not on the stack, not per stream

}  // namespace

void Stdio::open(bool tty, bool interactive) {
  close_all();
  tty_ = tty;
  alive_ = true;
  input_ended_ = false;
  if (interactive && !tty) {
    sys::Pipe pipe = sys::make_pipe();
    child_in_ = std::move(pipe.read);
    in_ = std::move(pipe.write);
    sys::set_nonblocking(in_.get(), true);
  } else {
    child_in_ = sys::open_path("/dev/null", O_RDONLY);
  }
  if (tty) {
    child_out_ = sys::open_path("/dev/null", O_WRONLY);
    child_err_ = sys::duplicate(child_out_.get());
    return;
  }
  sys::Pipe out = sys::make_pipe(), err = sys::make_pipe();
  child_out_ = std::move(out.write);
  child_err_ = std::move(err.write);
  add_source(out_, std::move(out.read), wire::LogStream::out);
  add_source(err_, std::move(err.read), wire::LogStream::err);
}

std::vector<std::pair<int, int>> Stdio::child_fds() const {
  return {{child_in_.get(), 0}, {child_out_.get(), 1}, {child_err_.get(), 2}};
}

void Stdio::close_child_ends() {
  child_in_.reset();
  child_out_.reset();
  child_err_.reset();
}

void Stdio::set_master(sys::UniqueFd master) {
  add_source(master_, std::move(master), wire::LogStream::out);
  if (columns_ > 0) resize(columns_, rows_);
  pump_input();
}

void Stdio::resize(std::int64_t columns, std::int64_t rows) {
  columns_ = std::clamp<std::int64_t>(columns, 1, 65535);
  rows_ = std::clamp<std::int64_t>(rows, 1, 65535);
  winsize size{};
  size.ws_col = static_cast<unsigned short>(columns_);
  size.ws_row = static_cast<unsigned short>(rows_);
  if (master_.fd) ::ioctl(master_.fd.get(), TIOCSWINSZ, &size);
}

void Stdio::add_source(Source& source, sys::UniqueFd fd, wire::LogStream stream) {
  sys::set_nonblocking(fd.get(), true);
  source.fd = std::move(fd);
  source.watch = loop_.watch(source.fd.get(), paused_ ? 0u : EPOLLIN, [this, &source, stream](std::uint32_t events) {
    if ((events & EPOLLOUT) != 0) pump_input();
    if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) on_readable(source, stream);
  });
}

// One read per round: output, clients and signals take turns.
void Stdio::on_readable(Source& source, wire::LogStream stream) {
  if (paused_) {
    // EPOLLHUP is reported even when nothing was asked for; it must not spin while a client is waited for.
    loop_.forget(source.watch);
    return;
  }
  read_once(source, stream);
}

// @return whether there may be more at once
bool Stdio::read_once(Source& source, wire::LogStream stream) {
  const ssize_t count = ::read(source.fd.get(), read_buffer, kRead);
  if (count > 0) {
    callbacks_.output(stream, {read_buffer, static_cast<std::size_t>(count)});
    return true;
  }
  if (count < 0 && errno == EINTR) return true;
  if (count < 0 && errno == EAGAIN) return false;
  // EIO on a master: no process has the slave open now. While the container lives one may open it again (getty,
  // systemd).
  if (&source == &master_ && alive_) {
    retry_master_later();
    return false;
  }
  close_source(source);
  if (output_ended() && callbacks_.all_output_ended) callbacks_.all_output_ended();
  return false;
}

void Stdio::retry_master_later() {
  loop_.forget(master_.watch);
  loop_.cancel(master_timer_);
  master_timer_ = loop_.after(std::chrono::milliseconds(100), [this] {
    master_timer_ = 0;
    if (!master_.fd) return;
    sys::UniqueFd fd = std::move(master_.fd);
    add_source(master_, std::move(fd), wire::LogStream::out);
    pump_input();
  });
}

void Stdio::close_source(Source& source) {
  loop_.forget(source.watch);
  source.fd.reset();
}

void Stdio::pause_output(bool paused) {
  if (paused_ == paused) return;
  paused_ = paused;
  for (Source* source : {&out_, &err_, &master_}) {
    if (!source->fd) continue;
    if (source->watch != 0) {
      const bool wants_out = source == &master_ && !input_.empty();
      loop_.change(source->watch, (paused ? 0u : EPOLLIN) | (wants_out ? EPOLLOUT : 0u));
    } else if (!paused && !(source == &master_ && master_timer_ != 0)) {
      sys::UniqueFd fd = std::move(source->fd);
      add_source(*source, std::move(fd), source == &err_ ? wire::LogStream::err : wire::LogStream::out);
    }
  }
}

void Stdio::write_input(std::uint64_t client, std::string_view data) {
  if (input_ended_ || (!tty_ && !in_)) return callbacks_.input_taken(client, data.size(), true);
  input_.push_back({client, std::string(data)});
  if (input_.size() == 1) pump_input();
}

void Stdio::end_input() {
  if (tty_) return;
  input_ended_ = true;
  if (input_.empty()) close_input();
}

void Stdio::pump_input() {
  const int fd = input_fd();
  if (fd < 0) return;
  while (!input_.empty()) {
    Input& front = input_.front();
    const ssize_t count = ::write(fd, front.data.data() + front.done, front.data.size() - front.done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) {
      // EPIPE: the container closed its stdin. EIO on a terminal that nobody has open: what was typed is lost there,
      // too.
      if (!tty_) return close_input();
      front.done = front.data.size();
    } else {
      front.done += static_cast<std::size_t>(count);
    }
    if (front.done < front.data.size()) continue;
    const std::uint64_t client = front.client;
    const std::size_t size = front.data.size();
    input_.pop_front();
    callbacks_.input_taken(client, size, false);
  }
  if (tty_) {
    if (master_.watch != 0) loop_.change(master_.watch, (paused_ ? 0u : EPOLLIN) | (input_.empty() ? 0u : EPOLLOUT));
    return;
  }
  if (input_.empty()) {
    loop_.forget(in_watch_);
    if (input_ended_) close_input();
  } else if (in_watch_ == 0) {
    in_watch_ = loop_.watch(in_.get(), EPOLLOUT, [this](std::uint32_t) { pump_input(); });
  }
}

void Stdio::close_input() {
  loop_.forget(in_watch_);
  in_.reset();
  const auto queued = std::move(input_);
  input_.clear();
  for (const auto& item : queued) callbacks_.input_taken(item.client, item.data.size(), true);
}

void Stdio::drain() {
  alive_ = false;
  paused_ = false;
  loop_.cancel(master_timer_);
  // A survivor that shares the host's pid namespace could go on writing for ever: take no more than a pipe can hold.
  constexpr int kMaxReads = (1 << 20) / kRead + 1;
  for (Source* source : {&out_, &err_, &master_})
    for (int reads = 0; reads < kMaxReads && source->fd; ++reads)
      if (!read_once(*source, source == &err_ ? wire::LogStream::err : wire::LogStream::out)) break;
}

void Stdio::close_all() {
  alive_ = false;
  loop_.cancel(master_timer_);
  for (Source* source : {&out_, &err_, &master_}) close_source(*source);
  loop_.forget(in_watch_);
  in_.reset();
  input_.clear();
  close_child_ends();
}

}  // namespace lichen::conmon
