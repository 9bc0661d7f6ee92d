// A child of the build that does one step: it may enter namespaces and mount what it likes, and ends with the build.
#pragma once

#include <functional>
#include <string>

#include "libpod/base/error.hh"
#include "libpod/base/json.hh"
#include "libpod/sys/event_loop.hh"
#include "libpod/sys/process.hh"

namespace lichen::buildah {

class Worker {
 public:
  struct Handlers {
    std::function<void(std::string_view line)> output;  // of standard output and error, without the newline
    std::function<void(const Json& result)> done;
    std::function<void(const Error& error)> failed;
  };
  /// @param body  runs in the child, with standard input from /dev/null; its result or its Error comes to the handlers,
  /// after all output, from the loop
  Worker(sys::EventLoop& loop, const std::function<Json()>& body, Handlers handlers);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

 private:
  void read_output();
  void read_result();
  void finish();

  sys::EventLoop& loop_;
  Handlers handlers_;
  sys::Pid process_;
  sys::UniqueFd output_, result_;
  sys::EventLoop::WatchId output_watch_ = 0, result_watch_ = 0;
  std::string partial_, answer_;
};

/// Run `body` in a child, which may mount, to its end. @throws its Error
void run_in_worker(sys::EventLoop& loop, const std::function<void()>& body);

/// Run `body` in a child that has our terminal, to its end. @return false when it failed; the error is printed
bool run_on_terminal(const std::function<Json()>& body);

}  // namespace lichen::buildah
