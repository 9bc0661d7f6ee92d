// Exit codes of the process, in one table. Docker's and Podman's: 125 our error, 126 the command cannot be executed,
// 127 it was not found, 128+N it died of signal N, anything else its own code.
#pragma once

#include "libpod/base/error.hh"

namespace lichen::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitNo = 1;  // "exists" says no; a loop over several objects failed for one
inline constexpr int kExitOurError = 125;
inline constexpr int kExitCannotExecute = 126;
inline constexpr int kExitCommandNotFound = 127;
inline constexpr int kExitSignalBase = 128;

/// For an Error that reaches main.
int exit_code_of(const Error& error);

/// For a command in a container that could not be started, from the errno of its execve: 127 for ENOENT, 126 for the
/// rest that the file itself explains (EACCES, ENOEXEC, EISDIR, ENOTDIR, ELOOP, EPERM), 125 for anything else.
int exit_code_of_exec_failure(int error_number);

/// For a process that ended: its code, or 128 plus the signal that killed it.
/// @param signal  0 when it was not killed
int exit_code_of_process(int code, int signal);

}  // namespace lichen::cli
