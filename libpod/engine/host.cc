#include "libpod/engine/host.hh"

#include <algorithm>
#include <thread>

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/boot_restart.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/host_probe.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/magic.h>

namespace lichen::engine {
namespace {

std::string os_name() {
  const auto text = sys::read_file_if_exists("/etc/os-release", 64 << 10);
  if (!text) return "Linux";
  for (const auto& line : split(*text, '\n'))
    if (line.starts_with("PRETTY_NAME=")) return replace_all(line.substr(12), "\"", "");
  return "Linux";
}

std::string cgroup_version() {
  struct statfs info {};
  return ::statfs("/sys/fs/cgroup", &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC ? "2" : "1";
}

std::string file_system_name(const std::string& path) {
  struct statfs info {};
  if (::statfs(path.c_str(), &info) != 0) return "unknown";
  switch (static_cast<unsigned long>(info.f_type)) {
    case EXT4_SUPER_MAGIC:
      return "extfs";
    case XFS_SUPER_MAGIC:
      return "xfs";
    case BTRFS_SUPER_MAGIC:
      return "btrfs";
    case TMPFS_MAGIC:
      return "tmpfs";
    case NFS_SUPER_MAGIC:
      return "nfs";
    case OVERLAYFS_SUPER_MAGIC:
      return "overlayfs";
    default:
      return format("{:#x}", static_cast<unsigned long>(info.f_type));
  }
}

struct Counts {
  int running = 0, paused = 0, stopped = 0;
};

Counts count_containers(Engine& engine) {
  Counts counts;
  for (const auto& record : load_all_containers(engine, [](const std::string&, const Error&) {})) {
    if (record.config.holder) continue;  // as ps
    if (record.state.status == wire::ContainerStatus::running)
      ++counts.running;
    else if (record.state.status == wire::ContainerStatus::paused)
      ++counts.paused;
    else
      ++counts.stopped;
  }
  return counts;
}

Json id_map_json(const std::vector<sys::IdRange>& ranges) {
  Json list = Json::array();
  for (const auto& range : ranges)
    list.push_back({{"container_id", range.inside}, {"host_id", range.outside}, {"size", range.count}});
  return list;
}

}  // namespace

std::vector<Finding> examine_host(const Environment& environment, const std::string& root) {
  const uid_t uid = ::getuid();
  sys::ProbeInput input;
  input.uid = uid;
  input.user = sys::user_name(uid);
  Settings settings = load_settings({.root = root, .run_root = "", .storage_driver = "", .runtime = ""}, environment);
  input.store_root = settings.root;
  input.runtime_dir = environment.xdg_runtime_dir;
  std::vector<Finding> findings;
  for (const auto& probe : sys::probe_host(input))
    findings.push_back({probe.name, std::string(sys::to_string(probe.state)), probe.detail, probe.fix});
  const std::string home = environment.xdg_config_home.starts_with('/') ? environment.xdg_config_home
                                                                        : sys::home_directory(uid) + "/.config";
  if (auto finding = examine_boot_restart(existing_paths({.root = root}, environment), home))
    findings.push_back(*std::move(finding));
  return findings;
}

Json host_info(Engine& engine, const std::string& version) {
  utsname host{};
  ::uname(&host);
  struct sysinfo memory {};
  ::sysinfo(&memory);
  const Counts counts = count_containers(engine);
  const MapPlan maps = sys::is_namespace_root() ? MapPlan{sys::current_maps(), ""} : plan_maps();
  engine.enter_userns();
  const std::string driver = choose_storage_driver(engine);
  Json info;
  info["ID"] = engine.paths.boot_id();
  info["Containers"] = counts.running + counts.paused + counts.stopped;
  info["ContainersRunning"] = counts.running;
  info["ContainersPaused"] = counts.paused;
  info["ContainersStopped"] = counts.stopped;
  info["Images"] = engine.images.list().size();
  info["Driver"] = driver;
  info["LoggingDriver"] = engine.settings.log_driver;
  info["CgroupVersion"] = cgroup_version();
  info["KernelVersion"] = host.release;
  info["OperatingSystem"] = os_name();
  info["OSType"] = "linux";
  info["Architecture"] = host.machine;
  info["NCPU"] = std::thread::hardware_concurrency();
  info["MemTotal"] = static_cast<std::uint64_t>(memory.totalram) * memory.mem_unit;
  info["DockerRootDir"] = engine.paths.root();
  info["Name"] = host.nodename;
  info["ServerVersion"] = version;
  info["SecurityOptions"] = Json::array({"name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"});
  info["SystemTime"] = to_rfc3339(now());
  info["Host"] = {{"RootlessIDs", maps.maps.single_id() ? "one id: " + maps.single_id_reason : "range"},
                  {"UidMap", id_map_json(maps.maps.uids)},
                  {"GidMap", id_map_json(maps.maps.gids)},
                  {"OCIRuntime", engine.runtime_path("")}};
  info["Store"] = {{"GraphDriverName", driver},
                   {"GraphRoot", engine.paths.root()},
                   {"RunRoot", engine.paths.run()},
                   {"BackingFilesystem", file_system_name(engine.paths.root())},
                   {"ConfigFile", engine.settings.config_path}};
  return info;
}

int run_in_userns(Engine& engine, const std::vector<std::string>& command) {
  engine.enter_userns();
  // We wait: ctrl-c and the like are for the command, which the terminal signals too.
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGQUIT, SIG_IGN);
  sys::SpawnOptions options{.argv = command, .as_a_shell = true};
  options.fds = {{0, 0}, {1, 1}, {2, 2}};
  options.in_child = [] {
    if (::unshare(CLONE_NEWNS) != 0) throw_errno("make a mount namespace");
    if (::mount("none", "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) throw_errno("keep mounts from the host");
  };
  try {
    return sys::spawn(options).wait().code;
  } catch (Error& error) {
    if (error.saved_errno() == ENOENT)
      error.with_exit_code(127);
    else if (error.saved_errno() == EACCES)
      error.with_exit_code(126);
    throw;
  }
}

}  // namespace lichen::engine
