// Children: spawned with an explicit descriptor map, owned through a pidfd.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "libpod/sys/unique_fd.hh"

namespace lichen::sys {

/// How a process ended, decoded from wait status.
struct ExitStatus {
  int code = 0;    // exit code; 128 + signal when it was killed (the shell's and docker's convention)
  int signal = 0;  // 0 when it exited
  bool core_dumped = false;
};
ExitStatus decode_wait_status(int status);

/// A child of ours. Killed (SIGKILL) and reaped when it is still owned at destruction.
class Pid {
 public:
  Pid() = default;
  /// @param pid  a child that is not reaped yet; the pidfd is opened here
  explicit Pid(pid_t pid);
  Pid(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  Pid(Pid&& other) noexcept : pid_(std::exchange(other.pid_, 0)), pidfd_(std::move(other.pidfd_)) {}
  Pid& operator=(Pid&& other) noexcept;
  ~Pid();

  explicit operator bool() const { return pid_ > 0; }
  pid_t get() const { return pid_; }
  int pidfd() const { return pidfd_.get(); }
  /// Wait and stop owning. EINTR is retried.
  ExitStatus wait();
  /// As wait, but nullopt while it runs.
  std::optional<ExitStatus> try_wait();
  void kill(int signal);
  /// Let it live on without us.
  pid_t release();

 private:
  pid_t pid_ = 0;
  UniqueFd pidfd_;
};

struct SpawnOptions {
  std::vector<std::string> argv;  // argv[0] is what the program sees as its name
  std::string program;            // path to execute; empty = argv[0], searched in PATH when it has no slash
  int program_fd = -1;            // >= 0: execveat of this descriptor instead of `program`
  std::optional<std::vector<std::string>> env;  // nullopt = ours
  std::vector<std::pair<int, int>> fds;         // {ours, number in the child}; all others stay CLOEXEC
  bool new_session = false;
  bool as_a_shell = false;       // a command of the user: `program` may be in a relative part of PATH
  bool die_with_parent = false;  // PR_SET_PDEATHSIG SIGKILL
  std::string working_dir;
  std::function<void()> in_child;  // runs after fork, before the descriptor map; may throw (reported to the parent)
};

/// fork + exec with default signal dispositions and an empty signal mask. Failures up to and including execve in the
/// child are thrown here with their errno, not discovered later as an odd exit code.
/// @throws Error{not_found|permission|system} "execute 'newuidmap': No such file or directory"
Pid spawn(const SpawnOptions& options);

/// Run to the end with stdin from /dev/null; both outputs captured up to 64 KiB each.
struct RunResult {
  ExitStatus status;
  std::string out, err;
};
RunResult run_program(const std::vector<std::string>& argv, const std::string& input = {});

/// Fork a child that runs `body` and _exits with what it returns; an exception in it is printed and becomes 125.
/// Our descriptors are all there in the child, buffers are not flushed twice, destructors of the parent's objects do
/// not run.
Pid fork_child(const std::function<int()>& body);

/// pidfd_open(2); nullopt when there is no such process.
std::optional<UniqueFd> open_pidfd(pid_t pid);
/// false when it is gone.
bool signal_pidfd(int pidfd, int signal);
/// Wait until the process of the pidfd has ended. @return false on timeout
bool wait_pidfd(int pidfd, std::chrono::milliseconds timeout);

/// Field 22 of /proc/PID/stat, start time in clock ticks since boot: with the pid it names one process for ever.
/// nullopt when there is no such process.
std::optional<std::uint64_t> process_start_time(pid_t pid);

/// Call `execute` (an execve) again while it fails with ETXTBSY, for up to a tenth of a second; errno is the last one.
/// A file counts as busy for the moment in which somebody tries to open it for writing, also when that is refused
/// because the mount is read-only (do_dentry_open takes the inode's write count before it asks the mount): a container
/// that keeps trying on /proc/PID/exe must not keep us from starting our own programs.
void execute_while_busy(const std::function<void()>& execute);

/// A pidfd for the process with this pid and start time; nullopt when that process is gone (pid reuse is seen).
std::optional<UniqueFd> open_process(pid_t pid, std::uint64_t start_time);

/// /proc/sys/kernel/random/boot_id; LICHEN_TEST_BOOT_ID in the environment replaces it (tests of reboots).
std::string boot_id();

/// execve of a program that is found by PATH. Parts of PATH that are empty or relative are left out: what lies in the
/// working directory is not to be started by us (C42). Returns with errno set when it failed.
void execute_by_path(const std::string& program, char* const* argv, char* const* environment);

/// Whether spawn() would find this program by PATH.
bool is_program_in_path(const std::string& name);

/// Directory of the running program (/proc/self/exe), for finding lichen-oci and lichen-conmon beside it.
std::string program_directory();

}  // namespace lichen::sys
