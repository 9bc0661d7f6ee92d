#include "libpod/sys/overlay.hh"

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/unique_fd.hh"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

int set_string(int fs, const char* key, const std::string& value) {
  return static_cast<int>(::syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, key, value.c_str(), 0));
}

int set_flag(int fs, const char* key) {
  return static_cast<int>(::syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, key, nullptr, 0));
}

// The kernel's own words about a refused option, "" when it has none (fsopen(2): messages are read from the context).
std::string context_messages(int fs) {
  std::string text;
  char buffer[1024];
  for (;;) {
    const ssize_t count = ::read(fs, buffer, sizeof buffer);
    if (count <= 0) break;
    if (!text.empty()) text += "; ";
    text += trim(std::string_view(buffer, static_cast<std::size_t>(count)).substr(count > 2 ? 2 : 0));
  }
  return text;
}

[[noreturn]] void throw_overlay(int error_number, const std::string& target, const std::string& words) {
  const bool unsupported = error_number == EPERM || error_number == EINVAL || error_number == ENODEV ||
                           error_number == EOPNOTSUPP || error_number == ENOSYS;
  Error error(unsupported ? ErrorKind::unsupported : ErrorKind::system,
              format("mount an overlay on '{}': {}{}", target, errno_text(error_number),
                     words.empty() ? "" : " (" + words + ")"),
              error_number);
  if (unsupported)
    error.with_hint("the kernel or this file system has no unprivileged overlay: use --storage-driver fuse-overlayfs");
  throw error;
}

// false: this kernel has no lowerdir+.
bool set_layers_one_by_one(int fs, const std::vector<std::string>& lower) {
  for (const auto& layer : lower)
    if (set_string(fs, "lowerdir+", layer) != 0) return false;
  return true;
}

void configure(int fs, const OverlayOptions& options, const std::string& target) {
  const auto check = [&](int result) {
    if (result != 0) {
      const int saved = errno;
      throw_overlay(saved, target, context_messages(fs));
    }
  };
  check(set_string(fs, "source", "overlay"));
  if (!set_layers_one_by_one(fs, options.lower)) check(set_string(fs, "lowerdir", join(options.lower, ":")));
  if (!options.upper.empty()) {
    check(set_string(fs, "upperdir", options.upper));
    check(set_string(fs, "workdir", options.work));
    // volatile (Linux 5.10) is a saving only: kernels without it sync.
    if (options.volatile_upper) set_flag(fs, "volatile");
  }
  check(set_flag(fs, "userxattr"));
  check(static_cast<int>(::syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0)));
}

}  // namespace

void mount_overlay(const OverlayOptions& options, const std::string& target) {
  LICHEN_ASSERT(!options.lower.empty());
  const UniqueFd fs(static_cast<int>(::syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC)));
  if (!fs) throw_overlay(errno, target, "");
  configure(fs.get(), options, target);
  const UniqueFd mount(static_cast<int>(::syscall(SYS_fsmount, fs.get(), FSMOUNT_CLOEXEC, 0)));
  if (!mount) throw_overlay(errno, target, context_messages(fs.get()));
  if (::syscall(SYS_move_mount, mount.get(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
    throw_overlay(errno, target, "");
}

}  // namespace lichen::sys
