#include "conmon/children.hh"

#include "libpod/base/format.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/proc_table.hh"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lichen::conmon {

// /proc/PID/task/TID/children needs CONFIG_PROC_CHILDREN; without it every process is asked for its
// parent.
std::vector<pid_t> Children::list() {
  std::vector<pid_t> out;
  if (const auto text = sys::read_file_if_exists(format("/proc/self/task/{}/children", ::getpid()))) {
    for (const auto& word : split(*text, ' '))
      if (const auto pid = parse_uint(trim(word))) out.push_back(static_cast<pid_t>(*pid));
    return out;
  }
  for (const pid_t pid : sys::all_processes())
    if (const auto stat = sys::process_stat(pid); stat && stat->parent() == ::getpid()) out.push_back(pid);
  return out;
}

void Children::expect(pid_t pid, Handler handler) {
  if (const auto found = unclaimed_.find(pid); found != unclaimed_.end()) {
    const sys::ExitStatus status = found->second;
    unclaimed_.erase(found);
    return handler(status);
  }
  handlers_[pid] = std::move(handler);
}

void Children::keep_unclaimed(bool keep) {
  keep_ = keep;
  unclaimed_.clear();
}

void Children::reap() {
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    const sys::ExitStatus decoded = sys::decode_wait_status(status);
    const auto found = handlers_.find(pid);
    if (found == handlers_.end()) {
      if (keep_) unclaimed_[pid] = decoded;
      continue;
    }
    const Handler handler = std::move(found->second);
    handlers_.erase(found);
    handler(decoded);
  }
}

void Children::kill_all() {
  handlers_.clear();
  // Each round kills one generation; their children become ours. The bound is for a process that cannot be killed
  // (stuck in the kernel): the monitor must end all the same.
  for (int round = 0; round < 1000; ++round) {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    const auto children = list();
    if (children.empty() && ::waitpid(-1, nullptr, WNOHANG) < 0) return;
    for (const pid_t pid : children) ::kill(pid, SIGKILL);
    ::usleep(round < 10 ? 200 : 5000);
  }
}

}  // namespace lichen::conmon
