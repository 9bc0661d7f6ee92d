#include "libpod/engine/pod_cgroup.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/cgroup.hh"
#include "libpod/spec/resources.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

constexpr std::string_view kMount = "/sys/fs/cgroup";
constexpr std::int64_t kPeriodUs = 100'000;  // docker's for --cpus

struct Setting {
  std::string controller, file, value;
};

std::string amount(std::int64_t value) { return value < 0 ? "max" : std::to_string(value); }

// The files of cgroup-v2.rst.
std::vector<Setting> settings_of(const spec::ResourceConfig& r) {
  std::vector<Setting> out;
  if (r.memory_bytes) out.push_back({"memory", "memory.max", amount(*r.memory_bytes)});
  if (const auto both = spec::effective_memory_swap(r); both && r.memory_bytes)
    out.push_back({"memory", "memory.swap.max", amount(*both < 0 ? -1 : *both - *r.memory_bytes)});
  if (r.nano_cpus)
    out.push_back({"cpu", "cpu.max", format("{} {}", *r.nano_cpus * kPeriodUs / 1'000'000'000, kPeriodUs)});
  // systemd's and runc's formula from version 1's 2..262144 to 1..10000.
  if (r.cpu_shares && *r.cpu_shares >= 2)
    out.push_back({"cpu", "cpu.weight", std::to_string(1 + (*r.cpu_shares - 2) * 9999 / 262142)});
  if (!r.cpuset_cpus.empty()) out.push_back({"cpuset", "cpuset.cpus", r.cpuset_cpus});
  if (!r.cpuset_mems.empty()) out.push_back({"cpuset", "cpuset.mems", r.cpuset_mems});
  return out;
}

std::string directory_of(const spec::PodConfig& pod, const CgroupPlace& place) {
  return std::string(kMount) + (place.path == "/" ? "" : place.path) + "/" + spec::pod_cgroup(pod);
}

void make_directories_in_cgroup(const std::string& directory, std::size_t base) {
  for (auto end = directory.find('/', base + 1);; end = directory.find('/', end + 1)) {
    const std::string part = directory.substr(0, end);
    if (::mkdir(part.c_str(), 0755) != 0 && errno != EEXIST) throw_errno("make cgroup '{}'", part);
    if (end == std::string::npos) return;
  }
}

}  // namespace

void provide_pod_cgroup(const spec::PodConfig& pod, bool warn) {
  if (!spec::has_limits(pod)) return;
  const CgroupPlace place = find_cgroup_place();
  if (warn) warn_about_limits(pod.settings.resources, place);
  if (place.path.empty()) return;
  const std::string directory = directory_of(pod, place);
  make_directories_in_cgroup(directory, kMount.size() + (place.path == "/" ? 0 : place.path.size()));
  for (const auto& [controller, file, value] : settings_of(pod.settings.resources)) {
    if (!place.controllers.contains(controller)) continue;
    const std::string path = directory + "/" + file;
    sys::write_all(sys::open_path(path, O_WRONLY).get(), value, path);
  }
}

void remove_pod_cgroup(const spec::PodConfig& pod) {
  if (!spec::has_limits(pod)) return;
  const CgroupPlace place = find_cgroup_place();
  // cgroupfs: rmdir(2) of an empty one takes its files with it.
  if (!place.path.empty()) ::rmdir(directory_of(pod, place).c_str());
}

}  // namespace lichen::engine
