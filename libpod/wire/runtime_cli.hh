// The contract of lichen-oci: command line, exit codes, the start socket. The engine and the monitor know the runtime
// by this alone.
//
// Commands: create start run state kill delete exec list features spec; options as runc and crun take them, ours on top
// (--die-with-parent, --seccomp-cache, --ignore-cgroups).
//
// Errors. One line on standard error, "lichen-oci: <context>: <message>", then "hint: <way out>" when there is one;
// with
// --log FILE --log-format json also {"msg","level","time","kind","hint"} there, which is what podman's conmon passes
// on. Exit codes of `create`, `start`, `run`, `exec`: 0 done (run, exec: that of the process, 128+n for signal n), 127
// the program is not found in the container, 126 it is there and cannot be executed, 125 anything else. The other
// commands: 0 or 1; 125 for a wrong command line.
//
// Files: <root>/<id>/ (mode 0700) holds state.json, config.json (our copy: the bundle may vanish), seccomp.bpf,
// start.sock.
//
// Starting a container without executing us again (what lichen-conmon does). After `create` has returned 0, init waits
// on <root>/<id>/start.sock, a listening SOCK_SEQPACKET socket:
//   1. connect(2). ECONNREFUSED or ENOENT: it is not in the state `created` (started already, or dead).
//   2. send the packet kStartRequest.
//   3. recv(2). End of file: execve succeeded, the program runs (or init was killed: then its exit is seen as any
//   other).
//      A packet: it failed; the first byte is the exit code to report (125, 126 or 127), then kind \0 message \0 hint.
//      Init has ended, with that code. ECONNRESET: another `start` was faster.
// A connection that closes without the request is ignored, so `connect` alone asks "is it still waiting?".
// startContainer hooks run between 2 and 3, poststart hooks only with the `start` command.
//
// --die-with-parent: init is killed when the process that ran `create` (its parent, a subreaper) dies: from the moment
// that init is made its pdeath signal is SIGKILL; when `create` has ended and init belongs to the subreaper it is set
// again and the subreaper checked to be alive. A program that changes its user id later loses this (prctl(2),
// PR_SET_PDEATHSIG).
#pragma once

#include <string>
#include <string_view>

namespace lichen::wire {

inline constexpr std::string_view kStartSocket = "start.sock";
inline constexpr std::string_view kStartRequest = "start";
inline constexpr std::size_t kMaxStartReply = 4096;

inline constexpr int kExitOurError = 125;
inline constexpr int kExitCannotExecute = 126;
inline constexpr int kExitNotFound = 127;

struct StartFailure {
  int exit_code = kExitOurError;
  std::string kind, text, hint;  // kind: name of an ErrorKind
};

inline std::string encode(const StartFailure& failure) {
  std::string packet(1, static_cast<char>(failure.exit_code));
  packet += failure.kind + '\0' + failure.text + '\0' + failure.hint;
  if (packet.size() > kMaxStartReply) packet.resize(kMaxStartReply);
  return packet;
}

inline StartFailure decode_start_failure(std::string_view packet) {
  StartFailure failure;
  if (packet.empty()) return failure;
  failure.exit_code = static_cast<unsigned char>(packet.front());
  packet.remove_prefix(1);
  for (std::string* field : {&failure.kind, &failure.text, &failure.hint}) {
    const std::size_t end = packet.find('\0');
    *field = packet.substr(0, end);
    if (end == std::string_view::npos) break;
    packet.remove_prefix(end + 1);
  }
  return failure;
}

}  // namespace lichen::wire
