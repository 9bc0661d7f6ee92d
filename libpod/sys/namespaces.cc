#include "libpod/sys/namespaces.hh"

#include "libpod/base/error.hh"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

namespace lichen::sys {
namespace {

constexpr long kNsfsMagic = 0x6e736673;  // NSFS_MAGIC, linux/magic.h

constexpr NamespaceKind kKinds[] = {
    {"user", "user", CLONE_NEWUSER}, {"pid", "pid", CLONE_NEWPID},  {"network", "net", CLONE_NEWNET},
    {"ipc", "ipc", CLONE_NEWIPC},    {"uts", "uts", CLONE_NEWUTS},  {"cgroup", "cgroup", CLONE_NEWCGROUP},
    {"time", "time", CLONE_NEWTIME}, {"mount", "mnt", CLONE_NEWNS},
};

}  // namespace

std::span<const NamespaceKind> namespace_kinds() { return kKinds; }

const NamespaceKind* find_namespace_kind(std::string_view oci_type) {
  for (const auto& kind : kKinds)
    if (kind.oci_type == oci_type) return &kind;
  return nullptr;
}

UniqueFd open_namespace(const std::string& path, int clone_flag) {
  const UniqueFd handle(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!handle) throw_errno("open namespace '{}'", path);
  struct statfs info {};
  if (::fstatfs(handle.get(), &info) != 0 || static_cast<long>(info.f_type) != kNsfsMagic)
    throw_error(ErrorKind::invalid, "open namespace '{}': it is not a namespace", path);
  UniqueFd fd(::open(("/proc/self/fd/" + std::to_string(handle.get())).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw_errno("open namespace '{}'", path);
  if (::ioctl(fd.get(), NS_GET_NSTYPE) != clone_flag)
    throw_error(ErrorKind::invalid, "open namespace '{}': it is one of another kind", path);
  return fd;
}

UniqueFd open_process_namespace(int pid, const NamespaceKind& kind) {
  return open_namespace(format("/proc/{}/ns/{}", pid, kind.proc_name), kind.clone_flag);
}

void join_namespace(int fd, int clone_flag, std::string_view what) {
  if (::setns(fd, clone_flag) != 0) throw_errno("join the {} namespace", what);
}

void join_process_namespaces(int pidfd, int clone_flags) {
  if (::setns(pidfd, clone_flags) != 0) throw_errno("join the namespaces of the container");
}

void unshare_namespaces(int clone_flags, std::string_view what) {
  if (::unshare(clone_flags) != 0) throw_errno("make a new {} namespace", what);
}

bool same_namespace(int a, int b) {
  struct stat first {
  }, second{};
  if (::fstat(a, &first) != 0 || ::fstat(b, &second) != 0) throw_errno("look at a namespace");
  return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

}  // namespace lichen::sys
