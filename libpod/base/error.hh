// The one exception type of lichen.
//
// An Error says operation + 'object' + cause ("open '/etc/subuid': Permission denied"), collects context at module
// borders on its way up ("start container 'web'"), and may carry a hint: the way out, one sentence. Callers branch on
// kind (and errno), never on text. main() turns the kind into an exit code through one table.
#pragma once

#include <cerrno>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libpod/base/format.hh"

namespace lichen {

enum class ErrorKind {
  usage,        // the command line is wrong
  not_found,    // a named object does not exist
  conflict,     // an object exists already or is in the wrong state
  invalid,      // data from outside (file, image, registry, record) is not what it must be
  unsupported,  // lichen, the host or the kernel cannot do this
  permission,   // the host or registry refuses
  system,       // a system call failed
  network,      // a peer could not be reached or answered badly
  interrupted,  // a signal asked us to stop
  internal,     // a bug of ours
};

std::string_view to_string(ErrorKind kind);

/// The kind whose name is `name`; `internal` for a name that is not known (a message from a newer program).
ErrorKind error_kind_from_string(std::string_view name);

class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message, int saved_errno = 0);

  ErrorKind kind() const { return kind_; }
  int saved_errno() const { return errno_; }
  /// The message without context.
  const std::string& message() const { return message_; }
  /// Added last = outermost.
  const std::vector<std::string>& context() const { return context_; }
  const std::string& hint() const { return hint_; }
  /// "outer: inner: message" without the hint.
  const char* what() const noexcept override { return what_.c_str(); }

  void add_context(std::string text);
  Error& with_hint(std::string text);
  Error& with_kind(ErrorKind kind) {
    kind_ = kind;
    return *this;
  }
  /// The exit code that this failure means whatever its kind: 126 and 127 of a container's command. 0 = the kind's.
  int exit_code() const { return exit_code_; }
  Error& with_exit_code(int code) {
    exit_code_ = code;
    return *this;
  }

 private:
  void rebuild();

  ErrorKind kind_;
  int errno_;
  int exit_code_ = 0;
  std::string message_;
  std::vector<std::string> context_;
  std::string hint_;
  std::string what_;
};

/// Throw an Error of `kind` with a formatted message.
template <typename... Args>
[[noreturn]] void throw_error(ErrorKind kind, fmt::format_string<Args...> text, Args&&... args) {
  throw Error(kind, fmt::format(text, std::forward<Args>(args)...));
}

/// strerror without the locale and without a buffer shared between threads.
std::string errno_text(int error_number);

/// Throw Error{system, or permission for EACCES/EPERM, or not_found for ENOENT} with ": <errno text>" appended.
///
/// @mustnot be given arguments that call anything: C++ does not order argument evaluation against the read of errno.
/// Use
///          throw_errno_value with a saved copy when an argument has to call.
template <typename... Args>
[[noreturn]] void throw_errno_value(int error_number, fmt::format_string<Args...> text, Args&&... args) {
  const ErrorKind kind = error_number == EACCES || error_number == EPERM ? ErrorKind::permission
                         : error_number == ENOENT                        ? ErrorKind::not_found
                                                                         : ErrorKind::system;
  throw Error(kind, fmt::format(text, std::forward<Args>(args)...) + ": " + errno_text(error_number), error_number);
}

template <typename... Args>
[[noreturn]] void throw_errno(fmt::format_string<Args...> text, Args&&... args) {
  const int saved = errno;
  throw_errno_value(saved, text, std::forward<Args>(args)...);
}

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace lichen

/// For states that cannot be; kept in release builds.
#define LICHEN_ASSERT(condition)                                  \
  do {                                                            \
    if (!(condition)) [[unlikely]]                                \
      ::lichen::assertion_failed(#condition, __FILE__, __LINE__); \
  } while (false)
