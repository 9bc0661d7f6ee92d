#include "libpod/engine/cgroup.hh"

#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"
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

// Both are needed: making a directory there, and moving processes from below it into that (cgroups(7), "Delegation
// containment").
bool delegated(const std::string& path) {
  const std::string directory = std::string(kMount) + path;
  return ::access((directory + "/cgroup.procs").c_str(), W_OK) == 0 && ::access(directory.c_str(), W_OK) == 0;
}

}  // namespace

std::set<std::string> controllers_for_children(const std::string& path) {
  std::set<std::string> names;
  const auto text = sys::read_file_if_exists(std::string(kMount) + path + "/cgroup.subtree_control", 4096);
  for (const auto& name : split(trim(text.value_or("")), ' '))
    if (!name.empty()) names.insert(name);
  return names;
}

std::string container_cgroup(const store::ContainerRecord& record) {
  const std::string own = "/lichen-" + short_id(record.config.id);
  const auto text = sys::read_file_if_exists(format("/proc/{}/cgroup", record.state.pid), 64 << 10);
  for (auto line : split(text.value_or(""), '\n')) {
    if (!line.starts_with("0::")) continue;
    line += '/';  // a program in the container may have made cgroups below
    if (const auto at = line.find(own + "/"); at != std::string::npos)
      return std::string(kMount) + line.substr(3, at + own.size() - 3);
  }
  return "";
}

std::string own_cgroup() {
  const auto text = sys::read_file_if_exists("/proc/self/cgroup", 64 << 10);
  if (!text) return "";
  for (const auto& line : split(*text, '\n'))
    if (line.starts_with("0::")) return line.substr(3);  // cgroups(7): the v2 line
  return "";
}

CgroupPlace find_cgroup_place() {
  CgroupPlace place;
  struct statfs info {};
  if (::statfs(std::string(kMount).c_str(), &info) != 0 || info.f_type != CGROUP2_SUPER_MAGIC) {
    place.reason = "/sys/fs/cgroup is not a cgroup v2 tree: boot with systemd.unified_cgroup_hierarchy=1";
    return place;
  }
  const std::string own = own_cgroup();
  if (own.empty() || !delegated(own)) {
    place.reason = format(
        "{}{} is not delegated to you: with systemd, Delegate=yes in user@.service.d/delegate.conf "
        "and a session of your own",
        kMount, own);
    return place;
  }
  // A cgroup with processes in it, as our own, cannot limit its children (cgroups(7), "no internal processes"): the
  // nearest one above that is ours as well and has controllers switched on takes the container.
  for (std::string path = own; delegated(path); path = parent_path(path)) {
    if (auto controllers = controllers_for_children(path); !controllers.empty()) {
      place.path = path;
      place.controllers = std::move(controllers);
      return place;
    }
    if (path == "/") break;
  }
  place.path = own;
  place.reason = format("no controller is switched on in {}{}/cgroup.subtree_control or above", kMount, own);
  return place;
}

void place_in_cgroup(const spec::ContainerConfig& config, const CgroupPlace& place, spec::HostFacts& facts) {
  if (place.path.empty()) return;
  const std::string parent = config.cgroup_parent.empty() ? "" : clean_path("/" + config.cgroup_parent);
  facts.cgroups_path =
      (place.path == "/" ? "" : place.path) + (parent == "/" ? "" : parent) + "/lichen-" + short_id(config.id);
  facts.controllers = place.controllers;
}

void warn_about_limits(const spec::ResourceConfig& limits, const CgroupPlace& place) {
  const auto unbound = spec::unenforceable_limits(limits, place.controllers);
  if (!unbound.empty())
    log_warn("{} cannot be enforced: {}", join(unbound, ", "),
             place.reason.empty() ? "its controller is not delegated" : place.reason);
  if (const auto obsolete = spec::obsolete_limits(limits); !obsolete.empty())
    log_warn("{} has no effect: cgroup version 2 has no such control", join(obsolete, ", "));
}

}  // namespace lichen::engine
