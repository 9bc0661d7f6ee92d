#include "compose/resources.hh"

#include <algorithm>

#include "compose/labels.hh"
#include "compose/language/render.hh"
#include "compose/project_state.hh"
#include "compose/service_container.hh"
#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/network_connect.hh"
#include "libpod/engine/networks.hh"
#include "libpod/engine/secrets.hh"
#include "libpod/engine/stop.hh"
#include "libpod/engine/volumes.hh"
#include "libpod/sys/io.hh"

namespace lichen::compose {
namespace {

// The parts of the project that these services use.
struct Used {
  std::set<std::string> networks, volumes;  // keys
  std::map<std::string, StoredFile> files;
};

void add_files(const Project& project, const std::vector<FileReference>& uses,
               const std::map<std::string, FileObject>& objects, const std::string& kind, Used& used) {
  if (are_bound_files(uses, objects)) return;
  for (const auto& use : uses) {
    const FileObject& object = objects.at(use.source);
    const std::string name = stored_file_name(project, object, kind, use.source);
    used.files[name] = {name, &object, object.labels};
    used.files[name].labels[label::kProject] = project.name;
    used.files[name].labels[label::kFile] = "true";
  }
}

Used used_by(const Project& project, const std::set<std::string>& services) {
  Used used;
  for (const auto& service : project.services) {
    if (!services.contains(service.name)) continue;
    for (const auto& [key, how] : service.networks) used.networks.insert(key);
    for (const auto& mount : service.volumes)
      if (mount.type == Mount::Type::volume && !mount.source.empty()) used.volumes.insert(mount.source);
    add_files(project, service.secrets, project.secrets, "secret", used);
    add_files(project, service.configs, project.configs, "config", used);
  }
  return used;
}

[[noreturn]] void throw_external(const std::string& kind, const std::string& name) {
  throw Error(ErrorKind::not_found, format("{} {} declared as external, but could not be found", kind, name))
      .with_hint(format("make it first: lichen {} create {}", kind, name));
}

// Looked for before anything is made.
void check_external(engine::Engine& engine, const Project& project, const Used& used) {
  for (const auto& key : used.networks)
    if (const auto& network = project.networks.at(key);
        network.external && network.name != "host" && network.name != "none" && !engine.networks.has(network.name))
      throw_external("network", network.name);
  for (const auto& key : used.volumes)
    if (const auto& volume = project.volumes.at(key); volume.external && !engine.volumes.has(volume.name))
      throw_external("volume", volume.name);
  for (const auto& [name, file] : used.files)
    if (file.object->external && !engine.secrets.has(name)) throw_external("secret", name);
}

engine::NetworkRequest network_request(const Project& project, const std::string& key, const Network& network) {
  engine::NetworkRequest request;
  request.name = network.name;
  request.driver = network.driver;
  request.ipam_driver = network.ipam_driver;
  for (const auto& pool : network.ipam_config) {
    if (!pool.subnet.empty()) request.subnets.push_back(pool.subnet);
    if (!pool.gateway.empty()) request.gateways.push_back(pool.gateway);
    if (!pool.ip_range.empty()) request.ranges.push_back(pool.ip_range);
    for (const auto& [host, address] : pool.aux_addresses) request.reserved[host] = address;
  }
  request.labels = network.labels;
  request.labels[label::kProject] = project.name;
  request.labels[label::kNetwork] = key;
  request.labels[label::kConfigHash] = config_hash(network);
  request.options = network.driver_opts;
  request.ipv4 = network.enable_ipv4.value_or(true);
  request.ipv6 = network.enable_ipv6.value_or(false);
  request.internal = network.internal;
  request.ignore = true;  // another `up` may be as far
  return request;
}

template <typename Record>
bool is_of(const Record& record, const std::string& project) {
  const auto found = record.labels.find(label::kProject);
  return found != record.labels.end() && found->second == project;
}

// Made by this project, and not as the file says now.
template <typename Record, typename Part>
bool has_changed(const Record& record, const Project& project, const Part& part) {
  const auto hash = record.labels.find(label::kConfigHash);
  return is_of(record, project.name) && hash != record.labels.end() && hash->second != config_hash(part);
}

// Its containers come off it, by which `up` knows that they are to be made anew.
void remove_changed_network(engine::Engine& engine, const Project& project, const std::string& name,
                            ProjectView& view) {
  const std::string object = "Network " + name;
  view.show(object, "Recreating");
  if (view.is_rehearsal()) return;
  for (const auto& container : project_containers(engine, project.name)) {
    const auto& endpoints = container.summary.config.network.endpoints;
    if (std::ranges::none_of(endpoints, [&](const auto& endpoint) { return endpoint.network == name; })) continue;
    if (container.is_active()) engine::stop_container(engine, container.id(), {}, "");
    engine::disconnect_network(engine, name, container.id(), /*force=*/true);
  }
  engine::remove_network(engine, name, {});
}

void make_network(engine::Engine& engine, const Project& project, const std::string& key, ProjectView& view) {
  const Network& network = project.networks.at(key);
  if (network.external) return;
  const std::string object = "Network " + network.name;
  if (engine.networks.has(network.name)) {
    if (!has_changed(engine.networks.get(network.name), project, network)) return;
    remove_changed_network(engine, project, network.name, view);
  } else {
    view.show(object, "Creating");
  }
  if (!view.is_rehearsal()) engine::create_network(engine, network_request(project, key, network));
  view.done(object, "Created");
}

engine::VolumeRequest volume_request(const Project& project, const std::string& key, const Volume& volume) {
  engine::VolumeRequest request{
      .name = volume.name, .driver = volume.driver, .labels = volume.labels, .options = volume.driver_opts};
  request.labels[label::kProject] = project.name;
  request.labels[label::kVolume] = key;
  request.labels[label::kConfigHash] = config_hash(volume);
  return request;
}

void make_volume(engine::Engine& engine, const Project& project, const std::string& key, ProjectView& view) {
  const Volume& volume = project.volumes.at(key);
  if (volume.external) return;
  if (engine.volumes.has(volume.name)) {
    const auto record = engine.volumes.get(volume.name);
    if (has_changed(record, project, volume))
      log_warn(
          "volume {} is not as the file says now, and stays as it is: its data would be lost. To have it made anew: "
          "lichen compose down; lichen volume rm {}",
          volume.name, volume.name);
    if (!is_of(record, project.name))
      log_warn("volume {} is not of project {}, and is used; `external: true` says that it is meant", volume.name,
               project.name);
    return;
  }
  const std::string object = "Volume " + volume.name;
  view.show(object, "Creating");
  if (!view.is_rehearsal()) engine::create_volume(engine, volume_request(project, key, volume));
  view.done(object, "Created");
}

std::string value_of(const Project& project, const FileObject& object) {
  if (object.content) return *object.content;
  if (!object.file.empty()) return sys::read_file(object.file, store::kMaxSecretBytes);
  const auto found = project.environment.find(object.environment);
  if (found == project.environment.end())
    throw Error(ErrorKind::not_found, format("the variable {} is not set", object.environment))
        .with_hint(format("export {}=..., or write it into .env", object.environment));
  return found->second;
}

void store_file(engine::Engine& engine, const Project& project, const StoredFile& file) {
  if (file.object->external) return;
  const std::string value = value_of(project, *file.object);
  if (engine.secrets.has(file.name) && engine.secrets.value(file.name) == value) return;
  engine::SecretRequest request;
  request.name = file.name;
  request.value = value;
  request.labels = file.labels;
  request.replace = true;
  engine::create_secret(engine, request);
}

// Those of a store that carry the project's label. Others may remove theirs meanwhile.
template <typename Store>
Strings names_of(const Store& store, const std::string& project, const char* also = nullptr) {
  Strings names;
  for (const auto& name : store.list()) {
    try {
      const auto record = store.get(name);
      if (is_of(record, project) && (also == nullptr || record.labels.contains(also))) names.push_back(name);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) throw;
    }
  }
  return names;
}

// `remove` one that may be in use by a container that is no part of the project.
template <typename Remove>
void remove_one(const std::string& object, ProjectView& view, const Remove& remove) {
  view.show(object, "Removing");
  try {
    if (!view.is_rehearsal()) remove();
    view.done(object, "Removed");
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::not_found) return view.done(object, "Removed");
    if (error.kind() != ErrorKind::conflict) throw;
    view.done(object, "Resource is still in use");
    log_debug("{}", error.what());
  }
}

}  // namespace

ResourceRequests resource_requests(const Project& project, const std::set<std::string>& services) {
  const Used used = used_by(project, services);
  ResourceRequests requests;
  for (const auto& key : used.networks)
    if (const auto& network = project.networks.at(key); !network.external)
      requests.networks.push_back(network_request(project, key, network));
  for (const auto& key : used.volumes)
    if (const auto& volume = project.volumes.at(key); !volume.external)
      requests.volumes.push_back(volume_request(project, key, volume));
  for (const auto& [name, file] : used.files)
    if (!file.object->external) requests.files.push_back(file);
  return requests;
}

void make_resources(engine::Engine& engine, const Project& project, const std::set<std::string>& services,
                    ProjectView& view) {
  const Used used = used_by(project, services);
  check_external(engine, project, used);
  for (const auto& key : used.networks) make_network(engine, project, key, view);
  for (const auto& key : used.volumes) make_volume(engine, project, key, view);
  if (view.is_rehearsal()) return;
  for (const auto& [name, file] : used.files) store_file(engine, project, file);
}

void remove_networks(engine::Engine& engine, const std::string& project, ProjectView& view) {
  for (const auto& name : names_of(engine.networks, project))
    remove_one("Network " + name, view, [&] { engine::remove_network(engine, name, {}); });
}

void remove_volumes(engine::Engine& engine, const std::string& project, ProjectView& view) {
  for (const auto& name : names_of(engine.volumes, project))
    remove_one("Volume " + name, view, [&] { engine::remove_volume(engine, name, /*force=*/true); });
}

void remove_stored_files(engine::Engine& engine, const std::string& project) {
  for (const auto& name : names_of(engine.secrets, project, label::kFile)) {
    try {
      engine::remove_secret(engine, name);
    } catch (const Error& error) {
      log_debug("{}", error.what());  // a container of `run` has it still
    }
  }
}

}  // namespace lichen::compose
