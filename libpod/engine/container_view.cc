#include "libpod/engine/container_view.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/engine/volume_mount.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/mount.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/process.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/stat.h>

namespace lichen::engine {
namespace {

constexpr std::chrono::seconds kLockTimeout{5}, kMonitorEnd{10};

[[noreturn]] void throw_ending(const store::ContainerRecord& record) {
  throw Error(ErrorKind::conflict, format("container {} is ending at this moment", record.config.name))
      .with_hint("try again");
}

sys::UniqueFd open_running_root(const store::ContainerRecord& record) {
  const auto process = sys::open_process(static_cast<pid_t>(record.state.pid), record.state.pid_start);
  if (!process) throw_ending(record);
  sys::UniqueFd root = sys::open_path(format("/proc/{}/root", record.state.pid), O_PATH | O_DIRECTORY);
  // Still alive: so that pid was this process when the link was followed.
  if (!sys::signal_pidfd(process->get(), 0)) throw_ending(record);
  return root;
}

sys::UniqueFd open_monitor_root(const Engine& engine, const store::ContainerRecord& record) {
  sys::UniqueFd root = sys::open_path(
      format("/proc/{}/root{}/rootfs", record.state.monitor_pid, engine.paths.container(record.config.id)),
      O_PATH | O_DIRECTORY);
  if (!sys::is_mount_root(root.get())) throw_ending(record);
  return root;
}

std::optional<sys::UniqueFd> open_source(const Engine& engine, const spec::MountConfig& mount) {
  if (mount.type == spec::MountType::bind) return sys::open_if_exists(AT_FDCWD, mount.source, O_PATH);
  if (mount.type != spec::MountType::volume || !engine.volumes.has(mount.source)) return std::nullopt;
  const auto data = sys::open_path(engine.volumes.data_path(mount.source), O_PATH | O_DIRECTORY);
  return sys::open_in_root_if_exists(data.get(), mount.subpath.empty() ? "/" : mount.subpath, O_PATH);
}

// A path that is missing in the container is made as its start would make it; in a read-only view it stays missing.
std::optional<sys::UniqueFd> open_place(int root, const std::string& path, bool is_directory, bool make) {
  if (!make) return sys::open_in_root_if_exists(root, path, O_PATH | (is_directory ? O_DIRECTORY : 0));
  return is_directory ? sys::make_directories_in_root(root, path) : sys::make_file_in_root(root, path);
}

void mount_volumes(const Engine& engine, const spec::ContainerConfig& config, int root, bool make) {
  auto mounts = config.mounts;
  std::stable_sort(mounts.begin(), mounts.end(), [](const auto& a, const auto& b) {
    return std::count(a.destination.begin(), a.destination.end(), '/') <
           std::count(b.destination.begin(), b.destination.end(), '/');
  });
  for (const auto& mount : mounts)
    if (mount.type == spec::MountType::volume && engine.volumes.has(mount.source)) mount_volume(engine, mount.source);
  for (const auto& mount : mounts) {
    const auto source = open_source(engine, mount);
    if (!source) {
      log_debug("container {}: '{}' has no source now", config.name, mount.destination);
      continue;
    }
    struct stat info {};
    if (::fstat(source->get(), &info) != 0) throw_errno("look at '{}'", mount.source);
    const auto place = open_place(root, mount.destination, S_ISDIR(info.st_mode), make);
    if (!place) continue;
    const auto tree = sys::clone_mount(source->get(), "", /*recursive=*/!mount.non_recursive, mount.source);
    if (mount.read_only)
      sys::set_mount_attributes(tree.get(), {.set = MOUNT_ATTR_RDONLY}, /*recursive=*/true, mount.destination);
    sys::attach_mount(tree.get(), place->get(), mount.destination);
  }
}

sys::UniqueFd mount_stopped(Engine& engine, const spec::ContainerConfig& config, ViewMode mode) {
  sys::unshare_namespaces(CLONE_NEWNS, "a mount namespace");
  const bool writes = mode == ViewMode::write;
  sys::UniqueFd root = sys::open_path(mount_rootfs(engine, config, !writes), O_PATH | O_DIRECTORY);
  if (mode != ViewMode::archive) mount_volumes(engine, config, root.get(), writes && !config.read_only);
  if (writes && config.read_only)
    sys::set_mount_attributes(root.get(), {.set = MOUNT_ATTR_RDONLY}, /*recursive=*/false, "/");
  return root;
}

sys::UniqueFd open_root(Engine& engine, const store::ContainerRecord& record, ViewMode mode) {
  using enum wire::ContainerStatus;
  const auto status = record.state.status;
  if (status == removing) throw_error(ErrorKind::conflict, "container {} is being removed", record.config.name);
  if (!wire::is_active(status)) return mount_stopped(engine, record.config, mode);
  if (status == restarting || mode == ViewMode::archive) return open_monitor_root(engine, record);
  return open_running_root(record);
}

}  // namespace

sys::FileLock lock_container_files(const Engine& engine, const spec::ContainerConfig& config) {
  try {
    return sys::wait_lock(engine.paths.container(config.id), sys::LockMode::exclusive, kLockTimeout);
  } catch (Error& error) {
    error.add_context(format("container {}: its files are in use", config.name));
    throw;
  }
}

sys::UniqueFd open_container_root(Engine& engine, const store::ContainerRecord& record, ViewMode mode) {
  engine.enter_userns();
  if (wire::is_active(record.state.status) || mode != ViewMode::write) return open_root(engine, record, mode);
  sys::FileLock files = lock_container_files(engine, record.config);
  const auto now = load_container(engine, record.config.id);  // it may have been started while we waited
  if (wire::is_active(now.state.status)) return open_root(engine, now, mode);
  wait_for_monitor_end(engine, record.config.id, kMonitorEnd);
  // Not given back before the process ends, as the mount is not.
  files.release().release();
  return open_root(engine, now, mode);
}

}  // namespace lichen::engine
