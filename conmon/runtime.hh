// The OCI runtime as a program: its command line, its failures as typed errors. Asynchronous: the monitor goes on
// serving clients and noticing a dead starter while the runtime works.
//
// The container inherits the runtime's standard streams at `create`, so its messages go to a log file in the run
// directory
// (--log, --log-format json: crun, runc and ours), which is looked at only after a failure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conmon/children.hh"
#include "libpod/wire/monitor_args.hh"
#include "libpod/wire/monitor_protocol.hh"

namespace lichen::conmon {

/// Why a runtime call failed. `kind` is an ErrorKind's name, or "not_executable" / "not_found_executable" for a
/// container program that cannot be executed / does not exist: exit codes 126 and 127 of the command line.
using RuntimeFailure = wire::ErrorText;

class Runtime {
 public:
  using Done = std::function<void(const std::optional<RuntimeFailure>&)>;

  Runtime(const wire::MonitorConfig& config, Children& children) : config_(config), children_(children) {}

  /// Execute `RUNTIME --root R --log L --log-format json [args...] VERB ARGS...` and call `done` when it has ended.
  /// @param fds  {ours, number in the child}; 0, 1 and 2 are /dev/null when not given
  /// @throws Error  the runtime itself cannot be executed
  void call(const std::string& verb, const std::vector<std::string>& args, std::vector<std::pair<int, int>> fds,
            Done done);
  /// As call, for a program whose own exit code is asked for; `failure` only when the runtime has something to say.
  /// @return the pid of the runtime
  using Ended = std::function<void(const sys::ExitStatus&, const std::optional<RuntimeFailure>& failure)>;
  pid_t execute(const std::string& verb, const std::vector<std::string>& args, std::vector<std::pair<int, int>> fds,
                Ended ended);
  bool busy() const { return running_ > 0; }

 private:
  std::optional<RuntimeFailure> logged_failure(const sys::ExitStatus& status, const std::string& log) const;
  RuntimeFailure silent_failure(const std::string& verb, const sys::ExitStatus& status) const;

  const wire::MonitorConfig& config_;
  Children& children_;
  int running_ = 0;
  int calls_ = 0;
};

/// The last error of a runtime's log: JSON lines with "msg" (crun, runc; ours with "kind" and "hint" too) or plain text
/// "lichen-oci: error: TEXT" with an optional "hint: ..." line. Pure.
/// @param exit_code  of the runtime: 126 and 127 of ours name the kind
RuntimeFailure parse_runtime_log(std::string_view log, int exit_code, bool is_ours);

}  // namespace lichen::conmon
