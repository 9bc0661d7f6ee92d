#include "libpod/sys/lock.hh"

#include <algorithm>
#include <thread>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/proc_table.hh"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

UniqueFd open_lock(const std::string& path, bool create) {
  // O_RDONLY suffices for flock and also opens directories.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0), 0600));
  if (!fd && !(errno == ENOENT && !create)) throw_errno("open lock '{}'", path);
  return fd;
}

bool still_named(const UniqueFd& fd, const std::string& path) {
  struct stat held {
  }, named{};
  return ::fstat(fd.get(), &held) == 0 && ::lstat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
         held.st_dev == named.st_dev;
}

// "pid 123 (lichen run web)" from /proc/locks, "" when it does not tell.
std::string holder_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return "";
  const std::string wanted = format(" {:02x}:{:02x}:{} ", major(info.st_dev), minor(info.st_dev), info.st_ino);
  const auto locks = read_file_if_exists("/proc/locks");
  if (!locks) return "";
  for (const auto& line : split(*locks, '\n')) {
    const auto at = line.find(wanted);
    if (at == std::string::npos || line.find("->") != std::string::npos) continue;
    const auto before = trim(std::string_view(line).substr(0, at));
    const auto space = before.rfind(' ');
    const std::string pid(before.substr(space == std::string_view::npos ? 0 : space + 1));
    const auto command = read_process_file(static_cast<pid_t>(parse_int(pid).value_or(0)), "cmdline");
    if (!command) return "pid " + pid;
    return format("pid {} ({})", pid, trim(replace_all(*command, std::string_view("\0", 1), " ")));
  }
  return "";
}

}  // namespace

std::optional<FileLock> try_lock(const std::string& path, LockMode mode, bool create) {
  for (;;) {
    UniqueFd fd = open_lock(path, create);
    if (!fd) return std::nullopt;
    while (::flock(fd.get(), (mode == LockMode::shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return std::nullopt;
      if (errno != EINTR) throw_errno("lock '{}'", path);
    }
    if (still_named(fd, path)) return FileLock(std::move(fd));
    if (!create) return std::nullopt;
  }
}

FileLock wait_lock(const std::string& path, LockMode mode, std::chrono::milliseconds timeout, bool create) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  auto pause = std::chrono::microseconds(200);
  for (;;) {
    if (auto lock = try_lock(path, mode, create)) return *std::move(lock);
    if (!create && ::access(path.c_str(), F_OK) != 0 && errno == ENOENT) throw_errno_value(ENOENT, "lock '{}'", path);
    if (std::chrono::steady_clock::now() >= deadline) {
      const std::string holder = holder_of(path);
      throw Error(ErrorKind::conflict, format("lock '{}': still held after {} ms{}", path, timeout.count(),
                                              holder.empty() ? "" : " by " + holder))
          .with_hint(holder.empty() ? "try again" : "wait for that command, or end it, and try again");
    }
    // flock has no timeout of its own; a signal to interrupt it would not be private to this call.
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(10'000));
  }
}

void share_lock(FileLock& lock) {
  while (::flock(lock.fd(), LOCK_SH) != 0)
    if (errno != EINTR) throw_errno("share a lock");
}

bool is_locked(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return false;
  if (::flock(fd.get(), LOCK_SH | LOCK_NB) == 0) return false;
  return errno == EWOULDBLOCK;
}

}  // namespace lichen::sys
