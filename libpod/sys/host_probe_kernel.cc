// The probes of doctor that ask the kernel: version, system calls, cgroups, limits.
#include "libpod/sys/host_probe.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/format.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/base/time.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

constexpr const char* kUnified = "/sys/fs/cgroup";

struct OwnCgroup {
  std::string mount;  // where the v2 tree is
  std::string path;   // ours in it
};

// Our line "0::/path" of /proc/self/cgroup below the mount point of the v2 tree; empty path without one.
OwnCgroup own_cgroup() {
  OwnCgroup own;
  own.mount = exists(std::string(kUnified) + "/cgroup.controllers") ? kUnified : std::string(kUnified) + "/unified";
  for (const auto& line : split(read_file_if_exists("/proc/self/cgroup").value_or(""), '\n'))
    if (line.starts_with("0::")) own.path = line.substr(3);
  return own;
}

std::string one_line(const std::string& path) { return std::string(trim(read_file_if_exists(path).value_or(""))); }

Probe judge_unified(const OwnCgroup& own) {
  const std::string directory = clean_path(own.mount + own.path);
  const std::string controllers = one_line(directory + "/cgroup.controllers");
  const bool writable =
      ::access((directory + "/cgroup.procs").c_str(), W_OK) == 0 && ::access(directory.c_str(), W_OK) == 0;
  const std::string where = format("v2, ours is '{}'", own.path);
  const std::string fix =
      "start a systemd user session (ssh or a login instead of su); for all controllers, as root: systemctl edit "
      "user@.service with "
      "[Service] Delegate=cpu cpuset io memory pids";
  if (!writable) return {"cgroup", ProbeState::warning, where + ", not delegated to us: no limits, no freeze", fix};
  std::vector<std::string> lacking;
  const auto have = split(controllers, ' ');
  for (const auto* wanted : {"cpu", "memory", "pids"})
    if (std::ranges::find(have, wanted) == have.end()) lacking.emplace_back(wanted);
  if (lacking.empty()) return {"cgroup", ProbeState::ok, format("{}, delegated with: {}", where, controllers), ""};
  return {"cgroup", ProbeState::warning,
          format("{}, delegated without {} (has: {})", where, join(lacking, " "),
                 controllers.empty() ? "none" : controllers),
          fix};
}

std::string limit_text(rlim_t value) { return value == RLIM_INFINITY ? "unlimited" : std::to_string(value); }

// Whether the kernel knows a system call: with arguments that it must refuse, anything but ENOSYS.
bool knows(long number, long a = -1, long b = 0, long c = 0, long d = 0, long e = 0) {
  return ::syscall(number, a, b, c, d, e) >= 0 || errno != ENOSYS;
}

}  // namespace

Probe probe_kernel() {
  utsname names{};
  ::uname(&names);
  const std::string release = names.release;
  const auto parts = split(release, '.');
  const auto major = parse_uint(parts[0]);
  const auto minor = parts.size() > 1
                         ? parse_uint(std::string_view(parts[1]).substr(0, parts[1].find_first_not_of("0123456789")))
                         : std::nullopt;
  if (!major || !minor)
    return {"kernel", ProbeState::warning, format("'{}' is no version that can be read", release),
            "lichen needs Linux 5.11 or newer"};
  const std::uint64_t version = *major * 1000 + *minor;
  if (version < 5006)
    return {"kernel", ProbeState::error, release,
            "install Linux 5.6 or newer (openat2), better 5.11 (overlay without root)"};
  if (version < 5011)
    return {"kernel", ProbeState::warning, release + ": no overlay without root before 5.11",
            "install Linux 5.11 or newer, or fuse-overlayfs"};
  return {"kernel", ProbeState::ok, release, ""};
}

Probe probe_syscalls() {
  std::vector<std::string> have, lacking;
  const auto note = [&](const char* name, bool known) { (known ? have : lacking).emplace_back(name); };
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const long opened = ::syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof how);
  note("openat2", opened >= 0);
  if (opened >= 0) ::close(static_cast<int>(opened));
  note("mount_setattr", knows(SYS_mount_setattr));
  note("clone3", knows(SYS_clone3, 0, 0));
  const long pidfd = ::syscall(SYS_pidfd_open, ::getpid(), 0);
  note("pidfd_open", pidfd >= 0);
  if (pidfd >= 0) ::close(static_cast<int>(pidfd));
  const unsigned action = SECCOMP_RET_ERRNO;
  note("seccomp", ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0);
  if (lacking.empty()) return {"system calls", ProbeState::ok, join(have, ", "), ""};
  return {"system calls", ProbeState::error, "not there or refused: " + join(lacking, ", "),
          "install a newer kernel, or loosen the seccomp filter of the container or sandbox around this shell"};
}

Probe probe_landlock() {
  constexpr unsigned kVersionFlag = 1;  // LANDLOCK_CREATE_RULESET_VERSION
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersionFlag);
  if (version > 0) return {"landlock", ProbeState::ok, format("version {}", version), ""};
  return {"landlock", ProbeState::missing, format("{}; image unpacking is not confined by it", errno_text(errno)),
          "a kernel of 5.13 or newer with landlock in its lsm= list"};
}

Probe probe_cgroup() {
  const OwnCgroup own = own_cgroup();
  const std::string fix = "as root: boot with systemd.unified_cgroup_hierarchy=1";
  if (!exists(own.mount + "/cgroup.controllers"))
    return {"cgroup", ProbeState::warning, "v1 only: containers run without limits", fix};
  if (own.mount != kUnified)
    return {"cgroup", ProbeState::warning,
            format("hybrid (v1 with a v2 tree at '{}'): containers run without limits", own.mount), fix};
  return judge_unified(own);
}

Probe probe_disk_space(const std::string& store_root) {
  std::string path = store_root;
  while (!is_directory(path) && path != "/") path = parent_path(path);
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0)
    return {"disk space", ProbeState::error, format("'{}': {}", path, errno_text(errno)),
            "give the store another place: --root"};
  const double free_bytes = static_cast<double>(info.f_bavail) * static_cast<double>(info.f_frsize);
  const std::string detail = format("{} and {} inodes free in '{}'", human_size(free_bytes), info.f_favail, path);
  if ((info.f_flag & ST_RDONLY) != 0)
    return {"disk space", ProbeState::error, format("'{}' is read-only", path), "give the store another place: --root"};
  // Some file systems (btrfs) count no inodes: 0 of 0.
  const bool few_inodes = info.f_files > 0 && info.f_favail < 10'000;
  if (free_bytes < 1e9 || few_inodes)
    return {"disk space", ProbeState::warning, detail, "lichen system prune, or give the store another place: --root"};
  return {"disk space", ProbeState::ok, detail, ""};
}

Probe probe_limits() {
  rlimit files{}, processes{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  ::getrlimit(RLIMIT_NPROC, &processes);
  const std::string detail =
      format("open files {} (hard {}), processes {} (hard {})", limit_text(files.rlim_cur), limit_text(files.rlim_max),
             limit_text(processes.rlim_cur), limit_text(processes.rlim_max));
  if (files.rlim_max < 4096 || processes.rlim_max < 1024)
    return {"limits", ProbeState::warning, detail,
            "raise nofile and nproc in /etc/security/limits.conf (or LimitNOFILE=, LimitNPROC= of the unit) and log in "
            "again"};
  return {"limits", ProbeState::ok, detail, ""};
}

Probe probe_keys(uid_t uid) {
  // " 1001:     3 3/3 3/200 33/20000": usage, keys, instantiated, quota of keys, quota of bytes (proc(5),
  // /proc/key-users). Every container has a session keyring of its own, charged to the user.
  const std::string maximum = one_line("/proc/sys/kernel/keys/maxkeys");
  if (maximum.empty()) return {"keys", ProbeState::ok, "the kernel has no key rings", ""};
  for (const auto& line : split(read_file_if_exists("/proc/key-users").value_or(""), '\n')) {
    auto fields = split(trim(line), ' ');
    std::erase(fields, std::string());
    if (fields.size() < 4 || fields[0] != format("{}:", uid)) continue;
    const auto quota = cut(fields[3], '/');
    const auto used = quota ? parse_uint(quota->first) : std::nullopt,
               limit = quota ? parse_uint(quota->second) : std::nullopt;
    if (!used || !limit) continue;
    const std::string detail = format("{} of {} kernel keys used", *used, *limit);
    if (*used + 20 > *limit)
      return {"keys", ProbeState::warning, detail, "as root: sysctl -w kernel.keys.maxkeys=2000"};
    return {"keys", ProbeState::ok, detail, ""};
  }
  return {"keys", ProbeState::ok, format("none of {} kernel keys used", maximum), ""};
}

}  // namespace lichen::sys
