// A lichen-conmon of its own for each test, with the fake runtime (tests/helpers/fake_runtime.sh): what the engine
// does, in small.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "libpod/sys/process.hh"
#include "libpod/sys/unique_fd.hh"
#include "libpod/wire/container_state.hh"
#include "libpod/wire/monitor_args.hh"
#include "libpod/wire/monitor_protocol.hh"

namespace lichen::conmon::test {

class Harness {
 public:
  Harness();
  ~Harness();
  Harness(const Harness&) = delete;
  Harness& operator=(const Harness&) = delete;

  wire::MonitorConfig config;  // change before launch()
  std::string base;            // temporary directory
  sys::UniqueFd sync;
  sys::Pid monitor;

  /// Write a file into the bundle: "command" is what the container runs.
  void bundle_file(const std::string& name, const std::string& content);
  void launch(const std::string& command);
  /// launch, created, attach, start, started.
  void run(const std::string& command, std::uint32_t attach);

  void send(const wire::Message& message) { send_to(sync.get(), message); }
  static void send_to(int socket, const wire::Message& message);
  /// nullopt at the end of the connection; a test failure after 20 s.
  static std::optional<wire::Message> receive_from(int socket);
  std::optional<wire::Message> receive() { return receive_from(sync.get()); }
  /// Skip messages until one of this type; nullopt at the end of the connection. What `out` and `err` brought is
  /// appended.
  std::optional<wire::Message> expect(wire::MessageType type, std::string* output = nullptr);
  sys::UniqueFd connect() const;

  std::string file(const std::string& path) const;  // "" when missing
  std::string log() const { return file(config.log_path); }
  wire::ContainerState state() const;
  /// Wait for the monitor's end. @return its exit code; -1 after 20 s
  int monitor_exit();
};

}  // namespace lichen::conmon::test
