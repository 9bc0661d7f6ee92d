#include "libpod/engine/container_mount.hh"

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/container_view.hh"
#include "libpod/engine/mount_notes.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/mount.hh"
#include "libpod/sys/namespaces.hh"

namespace lichen::engine {
namespace {

using enum wire::ContainerStatus;

MountNotes notes_of(const Engine& engine) { return MountNotes(engine.paths.boot_dir() + "/mounts"); }

void require_namespace(const std::string& verb, const std::string& name) {
  require_own_namespace(verb, format("lichen unshare sh -c 'cd \"$(lichen mount {})\" && ls'", name));
}

bool lives(const store::ContainerRecord& record) { return wire::is_active(record.state.status); }

void mount_live(Engine& engine, const store::ContainerRecord& record, const std::string& target) {
  const std::string root = engine.paths.container(record.config.id) + "/rootfs";
  const auto tree = sys::clone_mount_of_process(static_cast<int>(record.state.monitor_pid), root);
  if (!tree)
    throw Error(ErrorKind::conflict, format("mount container {}: it has just ended", record.config.name))
        .with_hint("try again");
  sys::attach_mount_at(tree->get(), target);
}

}  // namespace

MountedContainer mount_container(Engine& engine, const std::string& name_or_id) {
  require_namespace("mount", name_or_id);
  auto record = find_container(engine, name_or_id);
  const std::string& id = record.config.id;
  if (!record.config.rootfs_path.empty()) return {id, record.config.name, record.config.rootfs_path};
  engine.enter_userns();
  const auto notes = notes_of(engine);
  const MountedContainer out{id, record.config.name, notes.place(id)};
  if (notes.is_mounted_here(id)) return out;
  sys::FileLock lock;
  if (!lives(record)) {
    lock = lock_container_files(engine, record.config);
    record = load_container(engine, id);
  }
  notes.note(id, true);
  sys::make_directory(out.path, 0700);
  if (lives(record))
    mount_live(engine, record, out.path);
  else
    mount_rootfs_at(engine, record.config, out.path, /*read_only=*/false);
  return out;
}

std::vector<MountedContainer> mounted_containers(Engine& engine) {
  std::vector<MountedContainer> found;
  const auto notes = notes_of(engine);
  for (const auto& id : notes.mounted_here()) {
    MountedContainer mounted{id, "", notes.place(id)};
    try {
      mounted.name = engine.containers.load_config(id).name;
    } catch (const Error& error) {
      log_debug("{}", error.what());  // removed meanwhile: the mount is still there
    }
    found.push_back(std::move(mounted));
  }
  return found;
}

void unmount_container(Engine& engine, const std::string& name_or_id, bool force) {
  require_namespace("unmount", "CONTAINER");
  const std::string id = is_full_id(name_or_id) ? name_or_id : engine.containers.find(name_or_id);
  unmount_noted(notes_of(engine), id, "container " + name_or_id, force);
}

std::optional<std::int64_t> process_with_container(const Engine& engine, const std::string& id) {
  const auto processes = notes_of(engine).processes(id);
  return processes.empty() ? std::nullopt : std::optional(processes[0]);
}

std::optional<sys::UniqueFd> borrow_mounted_root(const Engine& engine, const std::string& id) {
  const auto notes = notes_of(engine);
  for (const auto pid : notes.processes(id)) {
    try {
      if (auto tree = sys::clone_mount_of_process(static_cast<int>(pid), notes.place(id))) return tree;
    } catch (const Error& error) {
      log_debug("{}", error.what());  // it ended meanwhile, and its mount with it
    }
  }
  return std::nullopt;
}

}  // namespace lichen::engine
