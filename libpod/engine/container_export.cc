#include "libpod/engine/container_export.hh"

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/path.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/image_program.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/engine/shifted_image.hh"
#include "libpod/spec/userns_maps.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/process.hh"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

// lichen-image works in another mount namespace, which may not see where the file is to be: it is opened here.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path) : path_(path) {
    if (path == "-") return;
    const std::string parent = path.find('/') == std::string::npos ? "." : parent_path(path);
    directory_ = sys::open_path(parent, O_RDONLY | O_DIRECTORY);
    temporary_ = format(".{}.{}", base_name(path), random_hex(8));
    fd_ = sys::open_at(directory_.get(), temporary_, O_WRONLY | O_CREAT | O_EXCL, 0644);
  }
  ~OutputFile() {
    if (!temporary_.empty()) ::unlinkat(directory_.get(), temporary_.c_str(), 0);
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  int fd() const { return fd_ ? fd_.get() : STDOUT_FILENO; }
  void finish() {
    if (temporary_.empty()) return;
    if (::renameat(directory_.get(), temporary_.c_str(), directory_.get(), base_name(path_).c_str()) != 0) {
      const int error = errno;
      throw_errno_value(error, "write '{}'", path_);
    }
    temporary_.clear();
  }

 private:
  std::string path_, temporary_;
  sys::UniqueFd directory_, fd_;
};

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
  OutputFile file(output);
  write_container_tar(engine, record, file.fd(), nullptr);
  file.finish();
  append_event(engine, {.type = "container",
                        .action = "export",
                        .id = record.config.id,
                        .name = record.config.name,
                        .image = record.config.image_name,
                        .attributes = {}});
}

}  // namespace lichen::engine
