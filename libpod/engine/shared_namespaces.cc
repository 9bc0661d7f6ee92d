#include "libpod/engine/shared_namespaces.hh"

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/mount_copy.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/mount.hh"

#include <fcntl.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

constexpr std::string_view kContainer = "container:";

struct Shared {
  std::string spec::ContainerConfig::*mode;
  const char* type;  // as OCI and /proc/PID/ns call it
  const char* option;
};
constexpr Shared kShared[] = {
    {&spec::ContainerConfig::pid_mode, "pid", "--pid"},
    {&spec::ContainerConfig::ipc_mode, "ipc", "--ipc"},
    {&spec::ContainerConfig::uts_mode, "uts", "--uts"},
    {&spec::ContainerConfig::cgroupns_mode, "cgroup", "--cgroupns"},
};

// Without --ipc it is shareable, as podman's; docker's own words for "not" are honoured.
void check_shareable(const store::ContainerRecord& target) {
  const std::string& mode = target.config.ipc_mode;
  if (mode != "private" && mode != "none") return;
  throw Error(ErrorKind::conflict,
              format("--ipc container:{}: that container runs with --ipc {}", target.config.name, mode))
      .with_hint(format("make '{}' with --ipc shareable", target.config.name));
}

store::ContainerRecord running_target(Engine& engine, const std::string& id, const char* type) {
  auto record = find_container(engine, id);
  if (!wire::has_process(record.state.status))
    throw Error(ErrorKind::conflict,
                format("share the {} namespace of container '{}': it is not running", type, record.config.name))
        .with_hint(format("start it first: lichen start {}", record.config.name));
  return record;
}

void share_memory(const store::ContainerRecord& target, PrivatePlace& place, spec::HostFacts& facts) {
  const auto mount = copy_mount_of(static_cast<pid_t>(target.state.pid), target.state.pid_start, "/dev/shm");
  if (!mount)
    throw_error(ErrorKind::conflict, "share the ipc namespace of container '{}': its /dev/shm cannot be had",
                target.config.name);
  const std::string path = place.path() + "/shm";
  sys::make_directory(path, 0755);
  sys::attach_mount_at(mount->get(), path);
  facts.shm_path = path;
}

}  // namespace

void resolve_shared_namespaces(Engine& engine, spec::ContainerConfig& config) {
  for (const Shared& row : kShared) {
    std::string& mode = config.*row.mode;
    if (!mode.starts_with(kContainer)) continue;
    try {
      const auto target = find_container(engine, mode.substr(kContainer.size()));
      if (row.mode == &spec::ContainerConfig::ipc_mode) check_shareable(target);
      mode = std::string(kContainer) + target.config.id;
    } catch (Error& error) {
      if (error.kind() == ErrorKind::not_found) error.add_context(format("{} {}", row.option, mode));
      throw;
    }
  }
}

void join_shared_namespaces(Engine& engine, const spec::ContainerConfig& config, PrivatePlace& place,
                            spec::HostFacts& facts, int first_fd, std::vector<sys::UniqueFd>& kept) {
  for (const Shared& row : kShared) {
    const std::string& mode = config.*row.mode;
    if (mode.starts_with("ns:")) facts.namespace_paths[row.type] = mode.substr(3);
    if (!mode.starts_with(kContainer)) continue;
    const auto target = running_target(engine, mode.substr(kContainer.size()), row.type);
    facts.namespace_paths[row.type] = format("/proc/{}/fd/{}", ::getpid(), first_fd + static_cast<int>(kept.size()));
    kept.push_back(sys::open_path(format("/proc/{}/ns/{}", target.state.pid, row.type), O_RDONLY));
    if (row.mode == &spec::ContainerConfig::ipc_mode) share_memory(target, place, facts);
    if (row.mode == &spec::ContainerConfig::uts_mode)
      facts.host_hostname =
          trim(sys::read_file_if_exists(engine.paths.container_run(target.config.id) + "/hostname", 4096).value_or(""));
  }
}

}  // namespace lichen::engine
