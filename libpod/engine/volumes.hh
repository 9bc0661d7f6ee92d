// lichen volume: create, ls, inspect, rm, prune.
//
// A volume is in use when a container's record names it, whether that container runs or not. Removing renames the
// volume away first and looks for users then: a container whose record came in between is seen, and the volume goes
// back to its place. So no lock is needed that create would have to take.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "libpod/engine/container_summary.hh"
#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct VolumeRequest {
  std::string name;    // empty: one is made up, and the volume counts as anonymous
  std::string driver;  // "" or "local"
  std::map<std::string, std::string> labels, options;
};
/// An existing volume of that name is left as it is, as docker does. @return the name
/// @throws Error{usage} a bad name or option; Error{unsupported} another driver, or what only root can mount
std::string create_volume(Engine& engine, const VolumeRequest& request);

/// Rows with docker's placeholders (Availability Driver Group Labels Links Mountpoint Name Scope Size Status) and
/// podman's (Anonymous CreatedAt Options MountCount), by name.
/// @param filters  after dangling driver label label! name opt scope since until
std::vector<Json> list_volumes(Engine& engine, const std::vector<std::string>& filters, const OnDamaged& on_damaged);

/// @throws Error{not_found|invalid}
Json inspect_volume(const Engine& engine, const std::string& name);

/// @param force  a volume that does not exist is no error. One in use is refused all the same, as docker does.
/// @throws Error{conflict} in use: the message names the containers
void remove_volume(Engine& engine, const std::string& name, bool force);

/// The files of a volume as a tar, to the file `output` or ("-") to standard output; its device is mounted for that.
void export_volume(Engine& engine, const std::string& name, const std::string& output);
/// The files of a tar (a path, or "-" for standard input) into a volume, over what is there.
void import_volume(Engine& engine, const std::string& name, const std::string& input);

struct VolumePrune {
  std::vector<std::string> removed;
  std::int64_t bytes = 0;
};
/// Remove volumes that no container names: anonymous ones, or `all`.
/// @param filters  after all driver label label! name opt scope since until
VolumePrune prune_volumes(Engine& engine, bool all, const std::vector<std::string>& filters);

/// Names of the containers that use the volume.
std::vector<std::string> users_of_volume(const std::vector<ContainerSummary>& containers, const std::string& name);

}  // namespace lichen::engine
