// What services share and what must be there before the first container: networks, volumes, and the files of configs
// and secrets that come from no file of the host.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "compose/language/model.hh"
#include "compose/project_view.hh"
#include "libpod/engine/networks.hh"
#include "libpod/engine/volumes.hh"

namespace lichen::compose {

/// A service's file that is a secret of the store.
struct StoredFile {
  std::string name;  // in the store of secrets
  const FileObject* object = nullptr;
  Mapping labels;
};
/// What services share, as it is asked for; external ones are not among it.
struct ResourceRequests {
  std::vector<engine::NetworkRequest> networks;
  std::vector<engine::VolumeRequest> volumes;
  std::vector<StoredFile> files;
};
ResourceRequests resource_requests(const Project& project, const std::set<std::string>& services);

/// Make what `services` use and what is not there.
/// @throws Error{not_found} an external one is not there: nothing was made then
void make_resources(engine::Engine& engine, const Project& project, const std::set<std::string>& services,
                    ProjectView& view);

/// What carries the project's label, whatever the file says; in use by others: a warning, and it stays.
void remove_networks(engine::Engine& engine, const std::string& project, ProjectView& view);
void remove_volumes(engine::Engine& engine, const std::string& project, ProjectView& view);
void remove_stored_files(engine::Engine& engine, const std::string& project);

}  // namespace lichen::compose
