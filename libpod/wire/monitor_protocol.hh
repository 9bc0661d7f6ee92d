// The conversation between a monitor (lichen-conmon) and its clients.
//
// Theory of operation. One SOCK_SEQPACKET protocol for everything: the command that starts a container talks over a
// socketpair (MonitorConfig::sync_fd), everybody else connects to ctl.sock in the run directory (mode 0600 in a 0700
// directory; the monitor also checks SO_PEERCRED). A packet is one message: a type byte, then the payload. Packets keep
// their borders, so there are no half messages to put together; a packet over kMaxPacket or of unknown type ends that
// connection only.
//
//   starter                       monitor
//     | --------- (spawn) -----------> |  runtime create
//     | <------- created{pid} -------- |  or error{kind, message, hint}, then the monitor cleans up and exits
//     | -- attach{streams} (optional)> |
//     | ------------ start ----------> |  runtime start; state.json says running; the marker is unlinked: published
//     | <------- started ------------- |  or error
//     | <- out/err ..., exited{code} - |  when attached
//   Until `started` the starter's death (EOF) makes the monitor kill the container and remove what was made.
//
// Any client: `attach` to get output (and to send stdin/resize), `stop`, `kill`, `wait` to get `exited`. The monitor
// never blocks on a client: output for one that does not read is queued up to a limit, then the container is paced to
// what attached clients take. One that takes nothing for kSlowClient holds nobody up any more: its output is skipped
// until it reads again, then an `error` of kind kLagged says how much it missed (C45). `exited` goes to everybody who
// is connected.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lichen::wire {

inline constexpr std::size_t kMaxPacket = 64u << 10;
inline constexpr std::size_t kMaxData = 32u << 10;  // payload of stdin_data, out, err
inline constexpr std::chrono::seconds kSlowClient{10};
/// Bytes of stdin_data that a client may have sent and not seen in stdin_taken. So a container that does not read its
/// input never keeps a kill or resize behind it in the queue, and the monitor's memory is bounded. Who sends more is
/// dropped.
inline constexpr std::size_t kStdinWindow = 256u << 10;

enum class MessageType : std::uint8_t {
  // client -> monitor
  attach = 1,  // flags: bit 0 stdin, 1 stdout, 2 stderr, 3 replay nothing (reserved)
  start = 2,
  stdin_data = 3,
  stdin_eof = 4,  // the client's input ended: closes the container's stdin unless a tty or another client holds it
  resize = 5,     // columns, rows
  stop = 6,       // signal number, timeout in ms (-1 = the container's own); answered by exited
  kill = 7,   // signal number; answered by done. Counts as the user's stop only when the signal is SIGKILL or the stop
              // signal
  wait = 8,   // answered by exited at the next exit after which no restart follows
  pause = 9,  // answered by done
  unpause = 10,
  remove =
      11,  // remove the container with its end, and end it: signal (0 = SIGKILL), timeout in ms as for stop; answered
           // by exited after removal
  get_rootfs = 12,  // answered by rootfs with one fd (SCM_RIGHTS): the root of the container's mounted root file system
  exec = 13,        // 1 = with a terminal that nobody looks at; payload: path of a process.json in the run directory;
                    // answered by done or error
  detach = 14,      // the client goes; its stdin does not count as ended
  update = 15,      // text: "restart=on-failure:3" or "name=web"; answered by done
  hold = 16,  // starter only: my reader is slow, I am not; pace the container instead of dropping me (`run IMG | less`)
  restart = 17,  // signal, timeout in ms as for stop: end it and start it again at once; answered by done when it runs
  check_health = 18,  // run the health check now; answered by health
  // monitor -> client
  created = 64,  // pid
  started = 65,
  error = 66,  // kind \0 message \0 hint
  out = 67,
  err = 68,
  exited = 69,  // exit code, flags bit 0 oom, bit 1 removed
  done = 70,
  rootfs = 71,
  health = 73,       // exit code of a check; text: its output
  stdin_taken = 72,  // bytes done with, 1 = the container takes no more input. See kStdinWindow
};

/// Kind of the `error` that tells a client how much output it missed because it did not read.
inline constexpr std::string_view kLagged = "lagged";
inline constexpr std::uint32_t kAttachStdin = 1, kAttachStdout = 2, kAttachStderr = 4;
inline constexpr std::uint32_t kExitedOom = 1, kExitedRemoved = 2;

/// One message. `a` and `b` are the numbers that the type has (in the order of its comment), `text` its bytes.
struct Message {
  MessageType type{};
  std::int64_t a = 0;
  std::int64_t b = 0;
  std::string text;
};

/// Packet bytes: type, then for types with numbers two little-endian 64-bit ones, then the text.
std::string encode(const Message& message);

/// nullopt for an empty packet, an unknown type, missing numbers or too much data: the peer is not one of ours.
std::optional<Message> decode(std::string_view packet);

/// The fields of an `error` message and back.
Message make_error(std::string_view kind, std::string_view text, std::string_view hint);
struct ErrorText {
  std::string kind, text, hint;
};
ErrorText split_error(const Message& message);

}  // namespace lichen::wire
