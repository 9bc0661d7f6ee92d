// What lichen-oci remembers of a container: <root>/<id>/state.json, and how a status follows from it.
//
// A pid alone may belong to somebody else by now: pid, start time and boot id together name one process for ever.
// Whether a container is `created` or `running` is not written down but asked of the kernel: while init waits, its
// start socket accepts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "libpod/base/json.hh"
#include "libpod/sys/lock.hh"

namespace lichen::runtime {

struct ContainerRecord {
  std::string id;
  std::string bundle;  // absolute; may be gone
  std::string rootfs;
  std::string created;  // RFC 3339
  std::string boot_id;
  pid_t pid = 0;  // of init, in the pid namespace of who called us
  std::uint64_t start_time = 0;
  std::string cgroup;       // absolute directory of its cgroup v2; empty: none of its own
  std::uint32_t owner = 0;  // uid
  std::map<std::string, std::string> annotations;
};

enum class Status { creating, created, running, paused, stopped };
std::string_view to_string(Status status);

/// <root>/<id>.
std::string container_dir(const std::string& root, const std::string& id);

/// Make the directory of a new container and lock it until `create` has ended. One that a killed `create` left behind
/// (no record, no lock) is replaced. @throws Error{conflict} the id is taken
sys::FileLock make_container_dir(const std::string& root, const std::string& id);
void remove_container_dir(const std::string& root, const std::string& id);

void save_record(const std::string& root, const ContainerRecord& record);
/// @throws Error{not_found} no such container; Error{invalid} a damaged record
ContainerRecord load_record(const std::string& root, const std::string& id);
/// nullopt when the directory has no record (yet).
std::optional<ContainerRecord> find_record(const std::string& root, const std::string& id);

/// A file that is there while a container without a cgroup is paused.
std::string paused_mark(const std::string& root, const ContainerRecord& record);

/// The pidfd of init while it is alive.
std::optional<sys::UniqueFd> open_init(const ContainerRecord& record);
Status status_of(const std::string& root, const ContainerRecord& record);

/// The OCI state document (runtime.md "State").
/// @param pid  0 leaves it out of a stopped container's state
Json state_json(const ContainerRecord& record, Status status);

std::vector<std::string> list_ids(const std::string& root);

}  // namespace lichen::runtime
