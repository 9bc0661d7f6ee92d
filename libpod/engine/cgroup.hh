// Where a container's cgroup can be, and what limits can bind there.
//
// A limit binds when our own cgroup v2 directory is writable for us (delegated) and its controllers are switched on for
// its children. Elsewhere (v1, hybrid, nothing delegated) containers run without limits, and a limit that was asked for
// is said in one warning.
#pragma once

#include "libpod/engine/engine.hh"
#include "libpod/spec/generate.hh"

namespace lichen::engine {

struct CgroupPlace {
  std::string path;                   // "/user.slice/...": relative to /sys/fs/cgroup; empty: no cgroup of our own
  std::set<std::string> controllers;  // that can limit children of it
  std::string reason;                 // why there are none; names the file to change
};

CgroupPlace find_cgroup_place();
/// The controllers that limit children of a cgroup. @param path  relative to /sys/fs/cgroup
std::set<std::string> controllers_for_children(const std::string& path);
/// The directory of the container's own cgroup, as it runs now; empty: it has none.
std::string container_cgroup(const store::ContainerRecord& record);

/// Our own cgroup v2, as in /proc/self/cgroup: "/user.slice/..."; empty without one.
std::string own_cgroup();

/// Set cgroups_path and controllers of `facts`.
void place_in_cgroup(const spec::ContainerConfig& config, const CgroupPlace& place, spec::HostFacts& facts);

/// One warning for the limits that nobody will enforce.
void warn_about_limits(const spec::ResourceConfig& limits, const CgroupPlace& place);

}  // namespace lichen::engine
