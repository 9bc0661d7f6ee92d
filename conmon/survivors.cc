#include "conmon/survivors.hh"

#include "libpod/base/format.hh"
#include "libpod/base/parse.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

namespace lichen::conmon {
namespace {

// What forks faster than this many looks at /proc is left to whoever started it.
constexpr int kLooks = 50;

// "NSpid:\t<ours>\t1" of /proc/PID/status (proc(5)): the last number is that of its own namespace.
bool is_first_of_its_namespace(pid_t pid) {
  const auto status = sys::read_file_if_exists(format("/proc/{}/status", pid));
  const auto at = status ? status->find("\nNSpid:\t") : std::string::npos;
  if (at == std::string::npos) return true;
  const auto end = status->find('\n', at + 1);
  return status->substr(at, end - at).ends_with("\t1");
}

bool is_in(const std::string& process, const struct stat& mounts) {
  struct stat info {};
  return ::stat(format("/proc/{}/ns/mnt", process).c_str(), &info) == 0 && info.st_ino == mounts.st_ino &&
         info.st_dev == mounts.st_dev;
}

// @return how many were signalled
int kill_once(const struct stat& mounts) {
  int count = 0;
  for (const auto& name : sys::list_directory("/proc")) {
    const auto number = parse_uint(name);
    if (!number) continue;
    const auto pid = static_cast<pid_t>(*number);
    const auto pidfd = sys::open_pidfd(pid);  // before the look: what is signalled is what was looked at
    if (pidfd && is_in(name, mounts) && sys::signal_pidfd(pidfd->get(), SIGKILL)) ++count;
  }
  return count;
}

}  // namespace

void Survivors::watch(pid_t init) {
  mounts_.reset();
  if (is_first_of_its_namespace(init)) return;
  sys::UniqueFd mounts = sys::open_path(format("/proc/{}/ns/mnt", init), O_RDONLY);
  struct stat info {};
  // A runtime that makes no mount namespace leaves the container in ours, where others are too.
  if (::fstat(mounts.get(), &info) == 0 && !is_in("self", info)) mounts_ = std::move(mounts);
}

void Survivors::kill_all() noexcept try {
  const sys::UniqueFd mounts = std::move(mounts_);
  struct stat info {};
  if (!mounts || ::fstat(mounts.get(), &info) != 0) return;
  for (int look = 0; look < kLooks && kill_once(info) > 0; ++look) {
  }
} catch (const std::exception&) {
  // /proc cannot be read: the container has ended all the same
}

}  // namespace lichen::conmon
