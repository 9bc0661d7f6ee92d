#include "src/exit_code.hh"

#include <cerrno>

namespace lichen::cli {
namespace {

struct Row {
  ErrorKind kind;
  int code;
};

// One row per kind, although docker and podman give 125 nearly everywhere: the place to look, and to change.
constexpr Row kCodes[] = {
    {ErrorKind::usage, kExitOurError},
    {ErrorKind::not_found, kExitOurError},
    {ErrorKind::conflict, kExitOurError},
    {ErrorKind::invalid, kExitOurError},
    {ErrorKind::unsupported, kExitOurError},
    {ErrorKind::permission, kExitOurError},
    {ErrorKind::system, kExitOurError},
    {ErrorKind::network, kExitOurError},
    {ErrorKind::interrupted, kExitSignalBase + 2},  // as a shell shows SIGINT
    {ErrorKind::internal, kExitOurError},
};

}  // namespace

int exit_code_of(const Error& error) {
  if (error.exit_code() != 0) return error.exit_code();
  for (const auto& row : kCodes)
    if (row.kind == error.kind()) return row.code;
  return kExitOurError;
}

int exit_code_of_exec_failure(int error_number) {
  switch (error_number) {
    case ENOENT:
      return kExitCommandNotFound;
    case EACCES:
    case EPERM:
    case ENOEXEC:
    case EISDIR:
    case ENOTDIR:
    case ELOOP:
      return kExitCannotExecute;
    default:
      return kExitOurError;
  }
}

int exit_code_of_process(int code, int signal) { return signal != 0 ? kExitSignalBase + signal : code; }

}  // namespace lichen::cli
