// The conversation between `create` (parent) and init (child) over a SOCK_SEQPACKET pair: one packet, one typed
// message.
//
//   parent                       init
//     | --- go ------------------> |  only with a new user namespace or hooks: maps are written
//     | <-- namespaces_ready ----- |  only with prestart or createRuntime hooks
//     | --- hooks_done ----------> |
//     | <-- ready ---------------- |  everything is set up; init waits
//     | --- published -----------> |  the record and the pid file are written: from here on init outlives us
// Instead of any message: `error`, with which init ends; or the end of the connection, when either side was killed.
// Init that sees the end before `published` exits: a killed `create` leaves no process behind.
#pragma once

#include <string>

#include "libpod/base/error.hh"
#include "libpod/sys/unique_fd.hh"

namespace lichen::runtime {

/// A failure of the container's program itself, which has its own exit code (126, 127); everything else is a plain
/// Error (125).
class StartError : public Error {
 public:
  StartError(ErrorKind kind, std::string message, int exit_code, int saved_errno = 0)
      : Error(kind, std::move(message), saved_errno), exit_code_(exit_code) {}
  int exit_code() const { return exit_code_; }

 private:
  int exit_code_;
};

enum class Step : char {
  go = 'g',
  namespaces_ready = 'n',
  hooks_done = 'h',
  ready = 'r',
  published = 'p',
  error = 'e'
};

class Handshake {
 public:
  explicit Handshake(sys::UniqueFd socket) : socket_(std::move(socket)) {}

  /// false when the other side is gone.
  bool send(Step step, std::string_view payload = {}) const;
  void send_error(const Error& error) const;
  /// @return the payload
  /// @throws StartError, Error  what the other side reports
  /// @throws Error{interrupted} it is gone
  std::string expect(Step step) const;

  int fd() const { return socket_.get(); }
  void close() { socket_.reset(); }

 private:
  sys::UniqueFd socket_;
};

/// 126, 127 of a StartError, else 125.
int exit_code_of(const Error& error);

}  // namespace lichen::runtime
