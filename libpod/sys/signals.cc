#include "libpod/sys/signals.hh"

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"

#include <sys/signalfd.h>

namespace lichen::sys {
namespace {

struct SignalRow {
  int number;
  std::string_view name;
};

// First name of a number is the one printed.
constexpr SignalRow kSignals[] = {
    {SIGHUP, "HUP"},   {SIGINT, "INT"},       {SIGQUIT, "QUIT"},     {SIGILL, "ILL"},   {SIGTRAP, "TRAP"},
    {SIGABRT, "ABRT"}, {SIGABRT, "IOT"},      {SIGBUS, "BUS"},       {SIGFPE, "FPE"},   {SIGKILL, "KILL"},
    {SIGUSR1, "USR1"}, {SIGSEGV, "SEGV"},     {SIGUSR2, "USR2"},     {SIGPIPE, "PIPE"}, {SIGALRM, "ALRM"},
    {SIGTERM, "TERM"}, {SIGSTKFLT, "STKFLT"}, {SIGCHLD, "CHLD"},     {SIGCHLD, "CLD"},  {SIGCONT, "CONT"},
    {SIGSTOP, "STOP"}, {SIGTSTP, "TSTP"},     {SIGTTIN, "TTIN"},     {SIGTTOU, "TTOU"}, {SIGURG, "URG"},
    {SIGXCPU, "XCPU"}, {SIGXFSZ, "XFSZ"},     {SIGVTALRM, "VTALRM"}, {SIGPROF, "PROF"}, {SIGWINCH, "WINCH"},
    {SIGIO, "IO"},     {SIGIO, "POLL"},       {SIGPWR, "PWR"},       {SIGSYS, "SYS"},
};

// The kernel's numbers. glibc's SIGRTMIN is 34 as it keeps two for itself; docker and runc count from 34 too.
constexpr int kRtMin = 34, kRtMax = 64;

std::optional<int> parse_real_time(std::string_view name) {
  const bool from_min = name.starts_with("RTMIN");
  if (!from_min && !name.starts_with("RTMAX")) return std::nullopt;
  name.remove_prefix(5);
  if (name.empty()) return from_min ? kRtMin : kRtMax;
  if (name[0] != (from_min ? '+' : '-')) return std::nullopt;
  const auto offset = parse_uint(name.substr(1));
  if (!offset || *offset > kRtMax - kRtMin) return std::nullopt;
  const int distance = static_cast<int>(*offset);
  return from_min ? kRtMin + distance : kRtMax - distance;
}

}  // namespace

std::optional<int> parse_signal_name(std::string_view text) {
  if (const auto number = parse_uint(text))
    return *number >= 1 && *number <= kRtMax ? std::optional(static_cast<int>(*number)) : std::nullopt;
  const std::string upper = to_upper(text);
  std::string_view name = upper;
  if (name.starts_with("SIG")) name.remove_prefix(3);
  for (const auto& row : kSignals)
    if (row.name == name) return row.number;
  return parse_real_time(name);
}

std::string signal_name(int signal) {
  for (const auto& row : kSignals)
    if (row.number == signal) return "SIG" + std::string(row.name);
  if (signal >= kRtMin && signal <= kRtMax)
    return signal == kRtMin ? "SIGRTMIN" : signal == kRtMax ? "SIGRTMAX" : format("SIGRTMIN+{}", signal - kRtMin);
  return std::to_string(signal);
}

SignalMask::SignalMask(const sigset_t& blocked) { ::sigprocmask(SIG_BLOCK, &blocked, &previous_); }

SignalMask::SignalMask(std::initializer_list<int> blocked) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : blocked) ::sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, &previous_);
}

SignalMask SignalMask::all() {
  sigset_t set;
  ::sigfillset(&set);
  return SignalMask(set);
}

SignalMask::~SignalMask() { ::sigprocmask(SIG_SETMASK, &previous_, nullptr); }

UniqueFd make_signalfd(const sigset_t& signals) {
  UniqueFd fd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) throw_errno("make a signalfd");
  return fd;
}

}  // namespace lichen::sys
