#include "libpod/engine/fuse_overlay.hh"

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/mount.hh"
#include "libpod/sys/process.hh"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

constexpr int kFuseFd = 3;  // in the program

std::string program_of(const Engine& engine) {
  return engine.settings.fuse_overlayfs.empty() ? "fuse-overlayfs" : engine.settings.fuse_overlayfs;
}

std::string mapping(const spec::IdMap& map) {
  std::string text;
  for (const auto& line : map)
    text += format("{}{}:{}:{}", text.empty() ? "" : ":", line.container, line.host, line.size);
  return text;
}

std::string option_text(const sys::OverlayOptions& options, const spec::IdMap& uid_map, const spec::IdMap& gid_map) {
  std::string text = "lowerdir=" + join(options.lower, ":");
  if (!options.upper.empty()) text += ",upperdir=" + options.upper + ",workdir=" + options.work;
  if (options.volatile_upper) text += ",volatile";
  // Counting the links of a directory means reading all of it at the first look. Above is an overlay, which says 1.
  if (options.upper.empty()) text += ",static_nlink";
  if (!uid_map.empty()) text += ",uidmapping=" + mapping(uid_map) + ",gidmapping=" + mapping(gid_map);
  return text;
}

sys::UniqueFd open_device() {
  sys::UniqueFd device(::open("/dev/fuse", O_RDWR | O_CLOEXEC));
  if (!device)
    throw Error(ErrorKind::unsupported, "open '/dev/fuse': " + errno_text(errno), errno)
        .with_hint("`lichen doctor` says what is missing; --storage-driver vfs works without");
  return device;
}

// Two forks: it is nobody's child, so that nobody has to reap it.
void start_server(const Engine& engine, const std::string& options, int device, int messages) {
  const sys::UniqueFd null = sys::open_path("/dev/null", O_RDWR);
  sys::SpawnOptions spawn{.argv = {program_of(engine), "-f", "-o", options, format("/dev/fd/{}", kFuseFd)},
                          .program = {}};
  spawn.fds = {{null.get(), 0}, {null.get(), 1}, {messages, 2}, {device, kFuseFd}};
  spawn.new_session = true;
  spawn.in_child = [] {
    const pid_t server = ::fork();
    if (server < 0) throw_errno("fork");
    if (server > 0) ::_exit(0);
    if (::unshare(CLONE_NEWNS) != 0) throw_errno("make a mount namespace");
  };
  try {
    sys::spawn(spawn).wait();
  } catch (Error& error) {
    if (error.saved_errno() == ENOENT)
      error.with_hint("install the package `fuse-overlayfs`, or use --storage-driver vfs");
    throw;
  }
}

}  // namespace

bool has_fuse_overlay(const Engine& engine) {
  const std::string program = program_of(engine);
  const bool found =
      program.find('/') == std::string::npos ? sys::is_program_in_path(program) : ::access(program.c_str(), X_OK) == 0;
  return found && ::access("/dev/fuse", R_OK | W_OK) == 0;
}

void mount_fuse_overlay(const Engine& engine, const sys::OverlayOptions& options, const spec::IdMap& uid_map,
                        const spec::IdMap& gid_map, const std::string& target) {
  sys::UniqueFd device = open_device();
  const sys::UniqueFd messages(::memfd_create("fuse-overlayfs", MFD_CLOEXEC));
  if (!messages) throw_errno("make a memory file");
  const std::vector<sys::MountOption> kernel_options = {{"fd", std::to_string(device.get())},
                                                        {"rootmode", "40000"},
                                                        {"user_id", "0"},
                                                        {"group_id", "0"},
                                                        {"allow_other", ""},
                                                        {"default_permissions", ""}};
  // The file system comes first: until there is one a read of the device is refused with EPERM, and the program ends.
  const auto mount = sys::make_file_system("fuse", "fuse-overlayfs", kernel_options, MOUNT_ATTR_NOATIME);
  start_server(engine, option_text(options, uid_map, gid_map), device.get(), messages.get());
  try {
    device.reset();
    sys::attach_mount_at(mount.get(), target);
    // The first answer: until then the program may still find that it cannot work.
    if (::access((target + "/.").c_str(), F_OK) != 0) throw_errno("use fuse-overlayfs on '{}'", target);
  } catch (Error& error) {
    std::string words(4096, '\0');
    const ssize_t count = ::pread(messages.get(), words.data(), words.size(), 0);
    words.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    if (!trim(words).empty()) error.add_context("fuse-overlayfs: " + std::string(trim(words)));
    error.with_hint("is /dev/fuse usable for you? `lichen doctor` tells; --storage-driver vfs works without");
    throw;
  }
}

}  // namespace lichen::engine
