// The container's cgroup, version 2 only, where a cgroup is delegated to us; elsewhere a container runs without one,
// and limits that were asked for are an error that names the file which could not be written (unless told to ignore
// that).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "libpod/spec/oci_spec.hh"
#include "libpod/sys/unique_fd.hh"

namespace lichen::runtime {

struct CgroupRequest {
  std::string id;
  std::string path;      // linux.cgroupsPath
  bool systemd = false;  // path is slice:prefix:name
  bool ignore = false;   // no cgroup and no limits rather than an error
};

struct Cgroup {
  std::string directory;  // absolute
  sys::UniqueFd fd;       // for CLONE_INTO_CGROUP
};

/// Make the cgroup and set the limits.
///
/// An absolute cgroupsPath is tried from the top of the tree, then below our own cgroup; a relative one below our own.
/// systemd's form becomes "prefix-name.scope" below our own: no unit is asked of systemd.
/// @return nullopt when none is asked for, or none can be made and no limit is asked for
/// @throws Error{unsupported} limits are asked for and cannot be applied
/// @throws Error{invalid}     a path with "..", a bad limit
std::optional<Cgroup> make_cgroup(const CgroupRequest& request, const spec::OciResources* resources);

/// Whether any limit (device rules aside: without root no device can be made) is asked for.
bool has_limits(const spec::OciResources& resources);
void set_limits(const std::string& directory, const spec::OciResources& resources);

void freeze_cgroup(const std::string& directory, bool frozen);
bool cgroup_is_frozen(const std::string& directory);
std::vector<pid_t> cgroup_processes(const std::string& directory);
/// SIGKILL to all, at once (cgroup.kill, Linux 5.14).
void kill_cgroup(const std::string& directory);
/// Remove it and the ones below; waits up to a second for processes that are dying.
void remove_cgroup(const std::string& directory);

}  // namespace lichen::runtime
