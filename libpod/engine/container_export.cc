#include "libpod/engine/container_export.hh"

#include "libpod/base/error.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/image_program.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/engine/shifted_image.hh"
#include "libpod/spec/userns_maps.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/output_file.hh"
#include "libpod/sys/process.hh"

#include <sched.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

// While a monitor lives the root file system is mounted in its namespace, without the container's own mounts.
void enter_view(const Engine& engine, const store::ContainerRecord& record) {
  if (!record.monitor_alive) {
    sys::unshare_namespaces(CLONE_NEWNS, "a mount namespace");
    mount_rootfs(engine, record.config, /*read_only=*/true);
    return;
  }
  const auto monitor = sys::open_pidfd(static_cast<pid_t>(record.state.monitor_pid));
  if (!monitor || !engine.containers.is_monitor_alive(record.config.id))
    throw_error(ErrorKind::conflict, "container {} is ending at this moment", record.config.name);
  sys::join_process_namespaces(monitor->get(), CLONE_NEWNS);
}

}  // namespace

void write_container_tar(Engine& engine, const store::ContainerRecord& record, int fd, const TarSelection* selection) {
  auto request = image_request(engine);
  request.input = engine.paths.container(record.config.id) + "/rootfs";
  request.output = "-";
  if (!record.config.rootfs_path.empty() || shifts_owners(record.config)) {
    request.uid_map = spec::id_map_texts(record.config.uid_map);
    request.gid_map = spec::id_map_texts(record.config.gid_map);
  }
  if (selection != nullptr) {
    request.selected = true;
    request.paths = selection->paths;
    request.deleted = selection->deleted;
  }
  run_image_program(engine, "volume-export", request, [&] {
    if (::dup2(fd, STDOUT_FILENO) < 0) throw_errno("use the output file");
    enter_view(engine, record);
  });
}

void export_container(Engine& engine, const std::string& name_or_id, const std::string& output) {
  const auto record = find_container(engine, name_or_id);
  engine.enter_userns();
  // lichen-image works in another mount namespace, which may not see where the file is to be: it is opened here.
  sys::OutputFile file(output);
  write_container_tar(engine, record, file.fd(), nullptr);
  file.finish(sys::Durability::none);
  append_event(engine, {.type = "container",
                        .action = "export",
                        .id = record.config.id,
                        .name = record.config.name,
                        .image = record.config.image_name,
                        .attributes = {}});
}

}  // namespace lichen::engine
