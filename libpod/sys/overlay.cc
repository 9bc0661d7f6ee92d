#include "libpod/sys/overlay.hh"

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"
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

// 0, or the errno of the option or the mount that was refused.
int configure(int fs, const OverlayOptions& options) {
  bool good = set_string(fs, "source", "overlay") == 0;
  for (const auto& layer : options.lower) good = good && set_string(fs, "lowerdir+", layer) == 0;
  if (good && !options.upper.empty()) {
    good = set_string(fs, "upperdir", options.upper) == 0 && set_string(fs, "workdir", options.work) == 0;
    // volatile (Linux 5.10) is a saving only: kernels without it sync.
    if (good && options.volatile_upper) set_flag(fs, "volatile");
  }
  good = good && set_flag(fs, "userxattr") == 0 &&
         ::syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0;
  return good ? 0 : errno;
}

// One string for mount(2). Directories are named by descriptors, as a page takes 30 layers by their paths, more than
// 200 so, and no ':' or ',' of a path needs escaping.
class OptionString {
 public:
  explicit OptionString(const OverlayOptions& options) {
    text_ = "userxattr,lowerdir=";
    for (std::size_t i = 0; i < options.lower.size(); ++i) text_ += (i == 0 ? "" : ":") + name(options.lower[i]);
    if (options.upper.empty()) return;
    text_ += ",upperdir=" + name(options.upper) + ",workdir=" + name(options.work);
    if (options.volatile_upper) text_ += ",volatile";
  }
  const std::string& text() const { return text_; }

 private:
  std::string name(const std::string& directory) {
    open_.push_back(open_path(directory, O_PATH | O_DIRECTORY));
    return "/proc/self/fd/" + std::to_string(open_.back().get());
  }

  std::vector<UniqueFd> open_;
  std::string text_;
};

}  // namespace

void mount_overlay(const OverlayOptions& options, const std::string& target) {
  LICHEN_ASSERT(!options.lower.empty());
  const UniqueFd fs(static_cast<int>(::syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC)));
  if (!fs) throw_overlay(errno, target, "");
  if (const int refused = configure(fs.get(), options); refused != 0) {
    const std::string words = context_messages(fs.get());
    // Before Linux 6.5 overlay takes any option and says EINVAL at the end, for lowerdir+ too.
    if (refused != EINVAL) throw_overlay(refused, target, words);
    const OptionString data(options);
    if (::mount("overlay", target.c_str(), "overlay", 0, data.text().c_str()) != 0) throw_overlay(errno, target, words);
    return;
  }
  const UniqueFd mount(static_cast<int>(::syscall(SYS_fsmount, fs.get(), FSMOUNT_CLOEXEC, 0)));
  if (!mount) throw_overlay(errno, target, context_messages(fs.get()));
  if (::syscall(SYS_move_mount, mount.get(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
    throw_overlay(errno, target, "");
}

}  // namespace lichen::sys
