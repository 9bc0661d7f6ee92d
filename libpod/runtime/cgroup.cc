#include "libpod/runtime/cgroup.hh"

#include <algorithm>
#include <chrono>
#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/runtime/cgroup_limits.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace lichen::runtime {
namespace {

// The v2 tree: alone, or beside v1 on a hybrid machine. nullopt: there is none.
std::optional<std::string> tree() {
  for (const char* path : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    struct statfs info {};
    if (::statfs(path, &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC) return path;
  }
  return std::nullopt;
}

std::string own_cgroup() {
  for (const auto& line : split(sys::read_file("/proc/self/cgroup"), '\n'))
    if (line.starts_with("0::")) return clean_path(line.substr(3));
  return "/";
}

void write_control(const std::string& directory, const std::string& file, std::string_view content) {
  const sys::UniqueFd fd = sys::open_path(directory + "/" + file, O_WRONLY);
  if (::write(fd.get(), content.data(), content.size()) < 0)
    throw_errno("write '{}' to '{}/{}'", content, directory, file);
}

bool has_word(const std::string& directory, const std::string& file, const std::string& word) {
  const auto words = split(trim(sys::read_file_if_exists(directory + "/" + file).value_or("")), ' ');
  return std::find(words.begin(), words.end(), word) != words.end();
}

void enable_controllers(const std::string& parent, const std::set<std::string>& controllers) {
  for (const auto& controller : controllers)
    if (!has_word(parent, "cgroup.subtree_control", controller))
      write_control(parent, "cgroup.subtree_control", "+" + controller);
}

// Make `path` below `base`, with the controllers enabled on the way.
std::string make_below(const std::string& base, const std::string& path, const std::set<std::string>& controllers) {
  std::string here = base;
  for (const auto& part : split(path, '/')) {
    if (part.empty()) continue;
    enable_controllers(here, controllers);
    here += "/" + part;
    if (::mkdir(here.c_str(), 0755) != 0 && errno != EEXIST) throw_errno("make cgroup '{}'", here);
  }
  return here;
}

std::string relative_path(const CgroupRequest& request) {
  if (request.path.empty()) return request.id;
  if (!request.systemd) return request.path;
  const auto parts = split(request.path, ':');
  if (parts.size() != 3)
    throw_error(ErrorKind::invalid, "linux.cgroupsPath '{}': with --systemd-cgroup it is slice:prefix:name",
                request.path);
  return parts[1].empty() ? parts[2] + ".scope" : parts[1] + "-" + parts[2] + ".scope";
}

void check_path(const std::string& path) {
  for (const auto& part : split(path, '/'))
    if (part == "..") throw_error(ErrorKind::invalid, "linux.cgroupsPath '{}': it must not go up", path);
}

std::string make_directory(const std::string& root, const CgroupRequest& request,
                           const std::set<std::string>& controllers) {
  const std::string path = relative_path(request);
  check_path(path);
  if (path.starts_with('/')) {
    try {
      return make_below(root, path, controllers);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::permission && error.saved_errno() != EROFS && error.saved_errno() != ENOENT) throw;
    }
  }
  return make_below(clean_path(root + own_cgroup()), path, controllers);
}

std::set<std::string> needed_controllers(const spec::OciResources* resources) {
  std::set<std::string> controllers;
  if (resources != nullptr)
    for (const auto& setting : cgroup_settings(*resources)) controllers.insert(controller_of(setting.file));
  return controllers;
}

[[noreturn]] void cannot_limit(std::string_view cause) {
  throw Error(ErrorKind::unsupported, format("apply linux.resources: {}", cause))
      .with_hint("limits need a delegated cgroup v2 ('lichen doctor' says more); --ignore-cgroups runs without them");
}

}  // namespace

bool has_limits(const spec::OciResources& resources) {
  const auto settings = cgroup_settings(resources);
  // "No limit" is what there is without a cgroup.
  return std::any_of(settings.begin(), settings.end(), [](const auto& setting) { return setting.content != "max"; });
}

void set_limits(const std::string& directory, const spec::OciResources& resources) {
  for (const auto& setting : cgroup_settings(resources)) write_control(directory, setting.file, setting.content);
}

std::optional<Cgroup> make_cgroup(const CgroupRequest& request, const spec::OciResources* resources) {
  const bool limits = resources != nullptr && !request.ignore && has_limits(*resources);
  if (request.path.empty() && !limits) return std::nullopt;
  const auto root = tree();
  if (!root) {
    if (limits) cannot_limit("'/sys/fs/cgroup' is not a cgroup v2 tree");
    return std::nullopt;
  }
  Cgroup cgroup;
  try {
    const auto controllers = limits ? needed_controllers(resources) : std::set<std::string>{};
    cgroup.directory = make_directory(*root, request, controllers);
    cgroup.fd = sys::open_path(cgroup.directory, O_RDONLY | O_DIRECTORY);
    if (limits) set_limits(cgroup.directory, *resources);
    // A child can begin there only when we may write the nearest common ancestor's cgroup.procs too (cgroups(7),
    // delegation).
    if (::faccessat(cgroup.fd.get(), "cgroup.procs", W_OK, AT_EACCESS) != 0)
      throw_errno("write '{}/cgroup.procs'", cgroup.directory);
    return cgroup;
  } catch (const Error& error) {
    if (!cgroup.directory.empty()) ::rmdir(cgroup.directory.c_str());
    if (error.kind() == ErrorKind::invalid || error.kind() == ErrorKind::unsupported) throw;
    if (limits) cannot_limit(error.what());
    return std::nullopt;
  }
}

void freeze_cgroup(const std::string& directory, bool frozen) {
  write_control(directory, "cgroup.freeze", frozen ? "1" : "0");
  const sys::UniqueFd events = sys::open_path(directory + "/cgroup.events", O_RDONLY);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (cgroup_is_frozen(directory) != frozen) {
    if (std::chrono::steady_clock::now() > deadline)
      throw_error(ErrorKind::system, "{} '{}': not done after 10 seconds", frozen ? "freeze" : "thaw", directory);
    pollfd polled{events.get(), POLLPRI, 0};
    ::poll(&polled, 1, 10);
  }
}

bool cgroup_is_frozen(const std::string& directory) {
  return sys::read_file_if_exists(directory + "/cgroup.events").value_or("").find("frozen 1") != std::string::npos;
}

std::vector<pid_t> cgroup_processes(const std::string& directory) {
  std::vector<pid_t> pids;
  for (const auto& line : split(sys::read_file_if_exists(directory + "/cgroup.procs").value_or(""), '\n'))
    if (const auto pid = parse_uint(line)) pids.push_back(static_cast<pid_t>(*pid));
  for (const auto& name : sys::list_directory(directory))
    if (sys::is_directory(directory + "/" + name))
      for (const pid_t pid : cgroup_processes(directory + "/" + name)) pids.push_back(pid);
  return pids;
}

void kill_cgroup(const std::string& directory) {
  if (sys::exists(directory + "/cgroup.kill")) return write_control(directory, "cgroup.kill", "1");
  for (const pid_t pid : cgroup_processes(directory)) ::kill(pid, SIGKILL);
}

void remove_cgroup(const std::string& directory) {
  for (const auto& name : sys::list_directory(directory))
    if (sys::is_directory(directory + "/" + name)) remove_cgroup(directory + "/" + name);
  for (int attempt = 0; ::rmdir(directory.c_str()) != 0 && errno != ENOENT; ++attempt) {
    if (errno != EBUSY || attempt == 200) throw_errno("remove cgroup '{}'", directory);
    ::poll(nullptr, 0, 5);
  }
}

}  // namespace lichen::runtime
