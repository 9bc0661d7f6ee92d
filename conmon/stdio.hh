// The container's standard streams as the monitor sees them: three pipes, or the master side of its terminal.
//
// Theory of operation. The child ends are made before `create` and closed after it; then end of file on a pipe means
// that nobody in the container holds it any more. A terminal's master comes from the runtime (set_master). Reading can
// be held back (pause_output), which is how a client that cannot keep up slows the container down: the kernel's pipe
// buffer is the only queue. Input is queued here until the container takes it; who sent it is told how much was taken
// (credits), so the queue is bounded by what one client may have under way.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libpod/sys/event_loop.hh"
#include "libpod/sys/unique_fd.hh"
#include "libpod/wire/log_format.hh"

namespace lichen::conmon {

class Stdio {
 public:
  struct Callbacks {
    std::function<void(wire::LogStream, std::string_view data)> output;
    /// `client` gave `bytes` that are done with; `closed`: the container takes no more input.
    std::function<void(std::uint64_t client, std::size_t bytes, bool closed)> input_taken;
    std::function<void()> all_output_ended;
  };

  Stdio(sys::EventLoop& loop, Callbacks callbacks) : loop_(loop), callbacks_(std::move(callbacks)) {}
  ~Stdio() { close_all(); }
  Stdio(const Stdio&) = delete;
  Stdio& operator=(const Stdio&) = delete;

  /// Make fresh streams for a container about to be created. With `tty` the pipes only serve the runtime's own needs:
  /// stdin is /dev/null and the outputs are watched, but the container's come by the master.
  void open(bool tty, bool interactive);
  /// {ours, number in the child}
  std::vector<std::pair<int, int>> child_fds() const;
  void close_child_ends();
  void set_master(sys::UniqueFd master);
  void resize(std::int64_t columns, std::int64_t rows);

  void write_input(std::uint64_t client, std::string_view data);
  /// No more input will come: closes the container's stdin when what is queued was taken. A terminal stays open.
  void end_input();

  void pause_output(bool paused);
  bool output_ended() const { return !out_.fd && !err_.fd && !master_.fd; }
  /// After the container's death: read what is there without waiting.
  void drain();
  void close_all();

 private:
  struct Source {
    sys::UniqueFd fd;
    sys::EventLoop::WatchId watch = 0;
  };
  struct Input {
    std::uint64_t client;
    std::string data;
    std::size_t done = 0;
  };

  void add_source(Source& source, sys::UniqueFd fd, wire::LogStream stream);
  void on_readable(Source& source, wire::LogStream stream);
  bool read_once(Source& source, wire::LogStream stream);
  void close_source(Source& source);
  void retry_master_later();
  void pump_input();
  void close_input();
  int input_fd() const { return tty_ ? master_.fd.get() : in_.get(); }

  sys::EventLoop& loop_;
  Callbacks callbacks_;
  bool tty_ = false;
  bool paused_ = false;
  bool input_ended_ = false;
  bool alive_ = false;  // between open and drain: a terminal without a slave may get one again
  std::int64_t columns_ = 0, rows_ = 0;
  Source out_, err_, master_;
  sys::UniqueFd in_;
  sys::EventLoop::WatchId in_watch_ = 0;
  sys::EventLoop::TimerId master_timer_ = 0;
  sys::UniqueFd child_in_, child_out_, child_err_;
  std::deque<Input> input_;
};

}  // namespace lichen::conmon
