#include "libpod/sys/init_signal.hh"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <string>

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/proc_table.hh"

#include <signal.h>
#include <sys/syscall.h>

namespace lichen::sys {
namespace {

// The value of a line of /proc/PID/status; empty: there is none.
std::string_view value_of(std::string_view status, std::string_view field) {
  const auto at = status.find(format("\n{}:\t", field));
  if (at == std::string_view::npos) return {};
  const auto value = status.substr(at + field.size() + 3);
  return value.substr(0, value.find('\n'));
}

bool has_signal(std::string_view status, std::string_view field, int signal) {
  const auto hex = value_of(status, field);
  std::uint64_t set = 0;
  std::from_chars(hex.data(), hex.data() + hex.size(), set, 16);
  return (set >> (signal - 1) & 1) != 0;
}

// "NSpid:\t<ours>\t1"
bool is_first(std::string_view status) { return value_of(status, "NSpid").ends_with("\t1"); }

// The kernel reads these under one lock: a signal that was sent and kept is pending, or its wait has ended and it is
// blocked again (kernel/signal.c, do_sigtimedwait).
bool handles(std::string_view status, int signal) {
  for (const char* field : {"SigCgt", "SigBlk", "SigPnd", "ShdPnd"})
    if (has_signal(status, field, signal)) return true;
  return false;
}

// What each thread is doing: "running", or the number of a system call with its arguments (proc(5)).
std::map<std::string, std::string> calls_of(pid_t pid) {
  const std::string tasks = format("/proc/{}/task", pid);
  std::map<std::string, std::string> calls;
  for (const auto& task : list_directory(tasks))
    if (auto call = read_file_if_exists(tasks + "/" + task + "/syscall", 4096)) calls[task] = *std::move(call);
  return calls;
}

// While a thread waits in rt_sigtimedwait(2) the kernel shows the signals it waits for as not blocked; tini, dumb-init
// and our own init wait like that.
bool waits_for_signals(const std::map<std::string, std::string>& calls) {
  const std::string call = format("{} ", SYS_rt_sigtimedwait);
  return std::ranges::any_of(calls, [&](const auto& row) { return row.second.starts_with(call); });
}

bool works(const std::map<std::string, std::string>& calls) {
  return std::ranges::any_of(calls, [](const auto& row) { return row.second.starts_with("running"); });
}

}  // namespace

Notice notices(pid_t pid, int signal) {
  if (signal == SIGKILL || signal == SIGSTOP) return Notice::yes;
  try {
    const auto before = calls_of(pid);
    const auto status = read_process_file(pid, "status");
    if (!status || handles(*status, signal)) return Notice::yes;
    if (!is_first(*status)) return has_signal(*status, "SigIgn", signal) ? Notice::no : Notice::yes;
    const auto after = calls_of(pid);
    if (waits_for_signals(before) || waits_for_signals(after)) return Notice::yes;
    // It has been sitting in the same calls, so the status was that of its rest.
    return works(before) || before != after ? Notice::unclear : Notice::no;
  } catch (const Error&) {
    return Notice::yes;  // not ours to see
  }
}

}  // namespace lichen::sys
