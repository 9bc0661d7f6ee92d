// One replica of a service as the container that it becomes.
#pragma once

#include <functional>
#include <string>

#include "compose/language/model.hh"
#include "libpod/engine/create.hh"

namespace lichen::compose {

/// What a container is called and labelled beyond its service's own words.
struct ReplicaName {
  std::uint32_t number = 1;
  bool one_off = false;  // of `run`: no ports and no alias unless they are asked for
  bool keeps_ports = false, keeps_alias = false;
  std::string container;  // its name
};

/// PROJECT-SERVICE-NUMBER, or container_name.
std::string container_name(const Project& project, const Service& service, std::uint32_t number);
/// PROJECT_KEY: the secret of the store that holds a file which no host path gives.
std::string stored_file_name(const Project& project, const FileObject& object, const std::string& kind,
                             const std::string& key);
/// Whether these files of a service are bound from the host as they are. Else all of them go through the store: one
/// without a file, or with an owner or a mode of its own, takes the directory that the others would be in.
bool are_bound_files(const std::vector<FileReference>& uses, const std::map<std::string, FileObject>& objects);

struct ContainerSources {
  const engine::Settings& settings;
  /// The id of the first container of another service, for namespaces and volumes that are shared with it.
  std::function<std::string(const std::string& service)> container_of;
  std::string image_digest;  // "sha256:..." of the image that it is made from, for the label; may be empty
};

/// @throws Error{unsupported} what only a cluster or root can have; Error{usage} a value that the engine refuses
engine::CreateRequest container_request(const Project& project, const Service& service, const ReplicaName& name,
                                        const ContainerSources& sources);

}  // namespace lichen::compose
