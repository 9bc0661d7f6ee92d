#include "libpod/sys/mount.hh"

#include <algorithm>
#include <array>
#include <exception>

#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lichen::sys {
namespace {

[[noreturn]] void throw_mount(int error_number, const std::string& text) {
  if (error_number == ENOSYS)
    throw Error(ErrorKind::unsupported, text + ": the kernel lacks the mount API", error_number)
        .with_hint("Linux 5.12 or newer is needed");
  throw_errno_value(error_number, "{}", text);
}

// What the file system said about the last step: lines "e text", "w text", "i text" (fsopen(2)).
std::string file_system_message(int context) {
  std::string last;
  std::array<char, 512> line;
  for (;;) {
    const ssize_t count = ::read(context, line.data(), line.size());
    if (count <= 0) return last;
    std::string_view text(line.data(), static_cast<std::size_t>(count));
    if (text.size() > 2 && text[1] == ' ') {
      const bool error = text[0] == 'e';
      text.remove_prefix(2);
      if (error || last.empty()) last = trim(text);
    }
  }
}

[[noreturn]] void throw_file_system(int context, const std::string& type, const std::string& step) {
  const int saved = errno;
  const std::string message = file_system_message(context);
  std::string text = "mount a file system of type '" + type + "'";
  if (!step.empty()) text += ": " + step;
  if (!message.empty()) text += " (" + message + ")";
  throw_mount(saved, text);
}

UniqueFd sealed_copy(int source, const std::string& path) {
  constexpr unsigned kMfdExec = 0x10;  // MFD_EXEC, Linux 6.3: needed where vm.memfd_noexec is set
  UniqueFd copy(::memfd_create("lichen", MFD_CLOEXEC | MFD_ALLOW_SEALING | kMfdExec));
  if (!copy && errno == EINVAL) copy.reset(::memfd_create("lichen", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!copy) throw_errno("make a memory file for '{}'", path);
  for (;;) {
    const ssize_t count = ::sendfile(copy.get(), source, nullptr, 16 << 20);
    if (count == 0) break;
    if (count < 0 && errno != EINTR) throw_errno("copy '{}' into memory", path);
  }
  if (::fcntl(copy.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
    throw_errno("seal the copy of '{}'", path);
  return copy;
}

}  // namespace

UniqueFd make_file_system(const std::string& type, const std::string& source, const std::vector<MountOption>& options,
                          std::uint64_t attributes) {
  const UniqueFd context(::fsopen(type.c_str(), FSOPEN_CLOEXEC));
  if (!context) {
    if (errno == ENODEV)
      throw_error(ErrorKind::unsupported, "mount a file system of type '{}': the kernel does not have it", type);
    throw_mount(errno, "mount a file system of type '" + type + "'");
  }
  if (!source.empty() && ::fsconfig(context.get(), FSCONFIG_SET_STRING, "source", source.c_str(), 0) != 0)
    throw_file_system(context.get(), type, "source '" + source + "'");
  for (const auto& [key, value] : options) {
    // Values of 256 bytes and more are refused by fsconfig(2): such mounts go through mount_legacy.
    const int result = value.empty() ? ::fsconfig(context.get(), FSCONFIG_SET_FLAG, key.c_str(), nullptr, 0)
                                     : ::fsconfig(context.get(), FSCONFIG_SET_STRING, key.c_str(), value.c_str(), 0);
    if (result != 0)
      throw_file_system(context.get(), type, "option '" + (value.empty() ? key : key + "=" + value) + "'");
  }
  if (::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
    throw_file_system(context.get(), type, {});
  UniqueFd mount(::fsmount(context.get(), FSMOUNT_CLOEXEC, static_cast<unsigned>(attributes)));
  if (!mount) throw_file_system(context.get(), type, {});
  return mount;
}

std::vector<MountOption> split_mount_options(std::string_view text) {
  std::vector<MountOption> options;
  for (const auto& piece : split(text, ',')) {
    if (piece.empty()) continue;
    if (auto pair = cut(piece, '=')) {
      options.push_back(*std::move(pair));
    } else {
      options.emplace_back(piece, "");
    }
  }
  return options;
}

UniqueFd clone_mount(int dirfd, const std::string& path, bool recursive, std::string_view what) {
  const unsigned flags =
      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0u) | (path.empty() ? AT_EMPTY_PATH : 0u);
  UniqueFd mount(::open_tree(dirfd, path.c_str(), flags));
  if (!mount) throw_mount(errno, format("bind '{}'", what));
  return mount;
}

std::optional<UniqueFd> clone_mount_of_process(int pid, const std::string& path) {
  const NamespaceKind& kind = *find_namespace_kind("mount");
  const UniqueFd there = open_process_namespace(pid, kind), here = open_process_namespace(::getpid(), kind);
  // setns(2) changes the working directory too.
  const UniqueFd directory(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  join_namespace(there.get(), kind.clone_flag, "mount");
  std::optional<UniqueFd> tree;
  std::exception_ptr failure;
  try {
    const UniqueFd root(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    // Only mounts of our own mount namespace can be copied (open_tree(2)), so it is done there.
    if (root && is_mount_root(root.get())) tree = clone_mount(root.get(), "", /*recursive=*/false, path);
  } catch (const Error&) {
    failure = std::current_exception();
  }
  join_namespace(here.get(), kind.clone_flag, "mount");
  if (directory && ::fchdir(directory.get()) != 0) throw_errno("go back to the working directory");
  if (failure) std::rethrow_exception(failure);
  return tree;
}

void set_mount_attributes(int mount, const MountAttributes& attributes, bool recursive, std::string_view what) {
  if (attributes.empty()) return;
  mount_attr change{};
  change.attr_set = attributes.set;
  change.attr_clr = attributes.clear;
  change.propagation = attributes.propagation;
  if (attributes.userns_fd >= 0) change.userns_fd = static_cast<std::uint64_t>(attributes.userns_fd);
  const unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0u);
  if (::mount_setattr(mount, "", flags, &change, sizeof change) != 0)
    throw_mount(errno, format("set mount options of '{}'", what));
}

void attach_mount(int mount, int target, std::string_view what) {
  if (::move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0) return;
  const int saved = errno;
  if (saved == ENOTDIR)
    throw Error(ErrorKind::invalid, format("mount on '{}': one is a directory and the other is not", what), saved);
  throw_mount(saved, format("mount on '{}'", what));
}

void attach_mount_at(int mount, const std::string& path) {
  if (::move_mount(mount, "", AT_FDCWD, path.c_str(), MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) != 0)
    throw_mount(errno, "mount on '" + path + "'");
}

void bind_mount(const std::string& source, const std::string& target, bool recursive,
                const MountAttributes& attributes) {
  const UniqueFd mount = clone_mount(AT_FDCWD, source, recursive, source);
  set_mount_attributes(mount.get(), attributes, recursive, source);
  attach_mount_at(mount.get(), target);
}

void mount_legacy(const std::string& source, const std::string& target, const std::string& type, unsigned long flags,
                  const std::string& data) {
  if (::mount(source.c_str(), target.c_str(), type.c_str(), flags, data.empty() ? nullptr : data.c_str()) != 0)
    throw_errno("mount '{}' on '{}'", type, target);
}

bool unmount(const std::string& path) {
  if (::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) return true;
  if (errno == EINVAL || errno == ENOENT) return false;
  throw_errno("unmount '{}'", path);
}

void set_root_propagation(std::uint64_t propagation) {
  mount_attr change{};
  change.propagation = propagation;
  if (::mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &change, sizeof change) != 0)
    throw_mount(errno, "change the propagation of '/'");
}

void pivot_to(int root) {
  // Both names are the new root: the old root ends up mounted over it, "." is the old root, and unmounting "." uncovers
  // the new one.
  if (::fchdir(root) != 0) throw_errno("enter the new root");
  if (::syscall(SYS_pivot_root, ".", ".") != 0) throw_errno("change the root");
  if (::umount2(".", MNT_DETACH) != 0) throw_errno("unmount the old root");
  if (::chdir("/") != 0) throw_errno("enter '/'");
}

bool is_mount_root(int fd) {
  struct statx info {};
  if (::statx(fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_TYPE, &info) != 0) throw_errno("look at a mount point");
  return (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

UniqueFd open_program_readonly(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw_errno("open program '{}'", path);
  // open_tree needs CAP_SYS_ADMIN over our mount namespace: true inside U0 with a mount namespace of its own.
  UniqueFd mount(::open_tree(file.get(), "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH));
  if (mount) {
    mount_attr change{};
    change.attr_set = MOUNT_ATTR_RDONLY;
    if (::mount_setattr(mount.get(), "", AT_EMPTY_PATH, &change, sizeof change) == 0) return mount;
  }
  return sealed_copy(file.get(), path);
}

bool runs_from_readonly_program() {
  const UniqueFd self(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  if (!self) return false;
  struct statvfs info {};
  if (::fstatvfs(self.get(), &info) == 0 && (info.f_flag & ST_RDONLY) != 0) return true;
  const int seals = ::fcntl(self.get(), F_GET_SEALS);
  return seals >= 0 && (seals & F_SEAL_WRITE) != 0;
}

}  // namespace lichen::sys
