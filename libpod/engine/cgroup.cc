#include "libpod/engine/cgroup.hh"

#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/resources.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <sys/statfs.h>
#include <unistd.h>

#include <linux/magic.h>

namespace lichen::engine {
namespace {

constexpr std::string_view kMount = "/sys/fs/cgroup";

std::string own_cgroup() {
  const auto text = sys::read_file_if_exists("/proc/self/cgroup", 64 << 10);
  if (!text) return "";
  for (const auto& line : split(*text, '\n'))
    if (line.starts_with("0::")) return line.substr(3);  // cgroups(7): the v2 line
  return "";
}

}  // namespace

CgroupPlace find_cgroup_place() {
  CgroupPlace place;
  struct statfs info {};
  if (::statfs(std::string(kMount).c_str(), &info) != 0 || info.f_type != CGROUP2_SUPER_MAGIC) {
    place.reason = "/sys/fs/cgroup is not a cgroup v2 tree: boot with systemd.unified_cgroup_hierarchy=1";
    return place;
  }
  const std::string own = own_cgroup();
  const std::string directory = std::string(kMount) + own;
  if (own.empty() || ::access((directory + "/cgroup.procs").c_str(), W_OK) != 0 ||
      ::access(directory.c_str(), W_OK) != 0) {
    place.reason = directory +
                   " is not delegated to you: with systemd, Delegate=yes in user@.service.d/delegate.conf and a "
                   "session of your own";
    return place;
  }
  place.path = own;
  const auto enabled = sys::read_file_if_exists(directory + "/cgroup.subtree_control", 4096);
  for (const auto& name : split(trim(enabled.value_or("")), ' '))
    if (!name.empty()) place.controllers.insert(name);
  if (place.controllers.empty())
    place.reason = directory + "/cgroup.subtree_control is empty: no controller is switched on for containers";
  return place;
}

void place_in_cgroup(const spec::ContainerConfig& config, const CgroupPlace& place, spec::HostFacts& facts) {
  if (place.path.empty()) return;
  facts.cgroups_path = (place.path == "/" ? "" : place.path) + "/lichen-" + short_id(config.id);
  facts.controllers = place.controllers;
}

void warn_about_limits(const spec::ContainerConfig& config, const CgroupPlace& place) {
  const auto unbound = spec::unenforceable_limits(config.resources, place.controllers);
  if (!unbound.empty())
    log_warn("{} cannot be enforced: {}", join(unbound, ", "),
             place.reason.empty() ? "its controller is not delegated" : place.reason);
}

}  // namespace lichen::engine
