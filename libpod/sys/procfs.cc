#include "libpod/sys/procfs.hh"

#include "libpod/base/error.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/mount.hh"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace lichen::sys {

bool is_procfs(int fd) {
  struct statfs info {};
  return ::fstatfs(fd, &info) == 0 && info.f_type == PROC_SUPER_MAGIC;
}

ProcFs::ProcFs(UniqueFd root) : root_(std::move(root)) {
  if (!is_procfs(root_.get())) throw_error(ErrorKind::unsupported, "use '/proc': it is not procfs");
}

ProcFs ProcFs::open_host() {
  UniqueFd root(::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) throw_errno("open '/proc'");
  return ProcFs(std::move(root));
}

ProcFs ProcFs::make() {
  return ProcFs(make_file_system("proc", "proc", {}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
}

UniqueFd ProcFs::open_file(const std::string& path, int flags) const {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  UniqueFd fd(static_cast<int>(::syscall(SYS_openat2, root_.get(), path.c_str(), &how, sizeof how)));
  if (!fd && errno == EXDEV) throw_error(ErrorKind::invalid, "open '/proc/{}': something else is mounted there", path);
  if (!fd) throw_errno("open '/proc/{}'", path);
  if (!is_procfs(fd.get())) throw_error(ErrorKind::invalid, "open '/proc/{}': it is not a file of procfs", path);
  return fd;
}

void ProcFs::write(const std::string& path, std::string_view text) const {
  const UniqueFd fd = open_file(path, O_WRONLY);
  const ssize_t count = ::write(fd.get(), text.data(), text.size());
  if (count < 0) throw_errno("write '/proc/{}'", path);
  if (static_cast<std::size_t>(count) != text.size())
    throw_error(ErrorKind::system, "write '/proc/{}': only a part was taken", path);
}

std::string ProcFs::read(const std::string& path) const {
  const UniqueFd fd = open_file(path, O_RDONLY);
  return read_all(fd.get(), "/proc/" + path);
}

}  // namespace lichen::sys
