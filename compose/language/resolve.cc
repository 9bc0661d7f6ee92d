#include "compose/language/resolve.hh"

#include <algorithm>

#include "compose/language/dotenv.hh"
#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"

namespace lichen::compose {
namespace {

Lookup lookup_in(const Mapping& environment, const OptionalMapping* more = nullptr) {
  return [&environment, more](const std::string& name) -> std::optional<std::string> {
    if (const auto found = environment.find(name); found != environment.end()) return found->second;
    if (more != nullptr)
      if (const auto found = more->find(name); found != more->end()) return found->second;
    return std::nullopt;
  };
}

void fill(OptionalMapping& values, const Mapping& environment) {
  for (auto& [name, value] : values)
    if (const auto found = environment.find(name); !value && found != environment.end()) value = found->second;
}

bool has_any(const Strings& profiles, const Strings& active) {
  return profiles.empty() || std::any_of(profiles.begin(), profiles.end(), [&](const auto& profile) {
           return std::find(active.begin(), active.end(), profile) != active.end();
         });
}

void imply(Service& service, const std::string& name, bool restart) {
  if (service.depends_on.count(name) != 0) return;
  DependsOn& how = service.depends_on[name];
  how.restart = restart;
  how.is_implied = true;
}

/// links, volumes_from and namespaces of other services are dependencies (compose specification, "depends_on").
void imply_dependencies(Service& service) {
  for (const auto& link : service.links) imply(service, link.substr(0, link.find(':')), true);
  for (const std::string* mode : {&service.network_mode, &service.ipc, &service.pid, &service.uts, &service.cgroup})
    if (mode->starts_with("service:")) imply(service, mode->substr(8), true);
  for (const auto& volumes : service.volumes_from)
    if (!volumes.starts_with("container:")) imply(service, volumes.substr(0, volumes.find(':')), false);
}

void normalize_service(Service& service) {
  if (service.pull_policy == "if_not_present") service.pull_policy = "missing";
  if (service.build) {
    if (service.build->dockerfile.empty() && service.build->dockerfile_inline.empty())
      service.build->dockerfile = "Dockerfile";
  }
  for (auto& mount : service.volumes)
    if (!mount.target.empty()) mount.target = clean_path(mount.target);
  for (auto& secret : service.secrets)
    if (secret.target.empty()) secret.target = "/run/secrets/" + secret.source;
  imply_dependencies(service);
  if (service.networks.empty() && service.network_mode.empty() && !service.provider)
    service.networks.emplace("default", std::nullopt);
}

template <typename T>
void set_names(std::map<std::string, T>& objects, const std::string& project_name) {
  for (auto& [key, object] : objects)
    if (object.name.empty()) object.name = object.external ? key : project_name + "_" + key;
}

void close_over_dependencies(const Project& project, const std::string& name, std::set<std::string>& chosen) {
  std::vector<std::string> left = {name};
  while (!left.empty()) {
    const std::string next = std::move(left.back());
    left.pop_back();
    const Service* service = project.find_service(next);
    if (service == nullptr || !chosen.insert(next).second) continue;
    for (const auto& [dependency, how] : service->depends_on) left.push_back(dependency);
  }
}

}  // namespace

void resolve_variables(Project& project) {
  for (auto* services : {&project.services, &project.disabled_services}) {
    for (auto& service : *services) {
      fill(service.environment, project.environment);
      if (!service.build) continue;
      fill(service.build->args, project.environment);
      std::erase_if(service.build->args, [](const auto& arg) { return !arg.second; });
    }
  }
  for (auto* objects : {&project.secrets, &project.configs})
    for (auto& [key, object] : *objects)
      if (const auto found = project.environment.find(object.environment);
          !object.environment.empty() && !object.content && found != project.environment.end())
        object.content = found->second;
}

void read_env_files(Service& service, const Mapping& environment, Loading& loading) {
  OptionalMapping values;
  std::vector<std::string> unset;
  for (const auto& file : service.env_file) {
    const std::string* text = loading.read(file.path);
    if (text == nullptr) {
      if (!file.required) continue;
      Error error(ErrorKind::not_found, show(service.place, format("services.{}.env_file: '{}': no such file",
                                                                   service.name, loading.shown(file.path))));
      throw error.with_hint("write 'required: false' for a file that may be missing");
    }
    // What the project's environment has wins in ${...}, then what `environment` says, then files read before.
    const Lookup own = lookup_in(environment, &service.environment);
    const Lookup lookup = [&](const std::string& name) {
      if (auto value = own(name)) return value;
      const auto found = values.find(name);
      return found == values.end() ? std::nullopt : found->second;
    };
    const std::string shown = loading.shown(file.path);
    for (auto& [name, value] :
         file.format == "raw" ? parse_raw_env(*text, shown, lookup) : parse_dotenv(*text, shown, lookup, unset))
      values[name] = value;
  }
  loading.warn_unset(unset);
  service.environment.merge(values);
  Mapping labels;
  for (const auto& path : service.label_file) {
    const std::string& text = loading.read_or_fail(path, "the label file");
    for (auto& [name, value] : parse_dotenv(text, loading.shown(path), lookup_in(environment), unset))
      labels[name] = value;
  }
  service.labels.merge(labels);
  // What they said is in `environment` and `labels` now; docker compose does not print them any more either.
  service.env_file.clear();
  service.label_file.clear();
}

void select_profiles(Project& project, const LoadRequest& request) {
  Strings& active = project.profiles;
  active = request.profiles;
  if (active.empty())
    if (const auto found = project.environment.find("COMPOSE_PROFILES"); found != project.environment.end())
      for (const auto& profile : split(found->second, ','))
        if (const auto name = trim(profile); !name.empty()) active.emplace_back(name);
  if (std::find(active.begin(), active.end(), "*") != active.end()) return;
  for (const auto& name : request.services) {
    const Service* service = project.find_service(name);
    if (service == nullptr || has_any(service->profiles, active)) continue;
    active.insert(active.end(), service->profiles.begin(), service->profiles.end());
  }
  const auto middle = std::stable_partition(project.services.begin(), project.services.end(),
                                            [&](const Service& service) { return has_any(service.profiles, active); });
  std::move(middle, project.services.end(), std::back_inserter(project.disabled_services));
  project.services.erase(middle, project.services.end());
}

std::set<std::string> select_services(Project& project, const LoadRequest& request) {
  std::set<std::string> chosen;
  for (const auto& name : request.services) {
    if (project.find_service(name) == nullptr)
      throw_error(ErrorKind::not_found, "find service '{}': the project '{}' has none of that name", name,
                  project.name);
    close_over_dependencies(project, name, chosen);
  }
  if (request.services.empty())
    for (const auto& service : project.services) chosen.insert(service.name);
  if (!request.only_services || request.services.empty()) return chosen;
  const auto middle = std::stable_partition(project.services.begin(), project.services.end(),
                                            [&](const Service& service) { return chosen.count(service.name) != 0; });
  std::move(middle, project.services.end(), std::back_inserter(project.disabled_services));
  project.services.erase(middle, project.services.end());
  std::sort(project.disabled_services.begin(), project.disabled_services.end(),
            [](const Service& a, const Service& b) { return a.name < b.name; });
  return chosen;
}

void normalize(Project& project) {
  bool uses_default = false;
  for (auto* services : {&project.services, &project.disabled_services}) {
    for (auto& service : *services) {
      normalize_service(service);
      uses_default = uses_default || service.networks.count("default") != 0;
    }
  }
  if (uses_default) project.networks.try_emplace("default");
  set_names(project.networks, project.name);
  set_names(project.volumes, project.name);
  set_names(project.secrets, project.name);
  set_names(project.configs, project.name);
}

void drop_unused(Project& project) {
  std::set<std::string> networks, volumes, secrets, configs, models;
  for (const auto& service : project.services) {
    for (const auto& [name, how] : service.networks) networks.insert(name);
    for (const auto& mount : service.volumes)
      if (mount.type == Mount::Type::volume) volumes.insert(mount.source);
    for (const auto& secret : service.secrets) secrets.insert(secret.source);
    for (const auto& config : service.configs) configs.insert(config.source);
    for (const auto& [name, how] : service.models) models.insert(name);
    if (service.build)
      for (const auto& secret : service.build->secrets) secrets.insert(secret.source);
  }
  const auto keep = [](auto& objects, const std::set<std::string>& used) {
    std::erase_if(objects, [&](const auto& object) { return used.count(object.first) == 0; });
  };
  keep(project.networks, networks);
  keep(project.volumes, volumes);
  keep(project.secrets, secrets);
  keep(project.configs, configs);
  keep(project.models, models);
}

const Service* Project::find_service(std::string_view service_name) const {
  // By name; the order is kept by whoever moves services.
  const auto found =
      std::lower_bound(services.begin(), services.end(), service_name,
                       [](const Service& service, std::string_view wanted) { return service.name < wanted; });
  return found != services.end() && found->name == service_name ? &*found : nullptr;
}

std::string FileReference::target_path(std::string_view folder) const {
  const std::string& name = target.empty() ? source : target;
  return clean_path(name.starts_with('/') ? name : std::string(folder) + "/" + name);
}

}  // namespace lichen::compose
