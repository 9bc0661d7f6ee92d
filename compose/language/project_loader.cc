#include "compose/language/project_loader.hh"

#include "compose/language/interpolate_tree.hh"
#include "compose/language/loading.hh"
#include "compose/language/read_model.hh"
#include "compose/language/resolve.hh"
#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"

namespace lichen::compose {
namespace {

/// Everything up to the tree; the name is known to the variables of the files.
Node load_tree(Loading& loading, Found& found, std::string& name) {
  found = find_project(loading);
  name = project_name(loading, found);
  found.environment["COMPOSE_PROJECT_NAME"] = name;
  return assemble(loading, found);
}

// docker compose's COMPOSE_COMPATIBILITY, which .env may set as well.
char separator_of(const LoadRequest& request, const Mapping& environment) {
  const auto variable = environment.find("COMPOSE_COMPATIBILITY");
  const bool asked = variable != environment.end() && parse_bool(variable->second).value_or(false);
  return request.compatibility || asked ? '_' : '-';
}

}  // namespace

Project load_project(const LoadRequest& request, FileSource& files) {
  Loading loading(request, files);
  Found found;
  std::string name;
  const Node tree = load_tree(loading, found, name);
  Project project = read_model(tree, loading.sources);
  project.name = std::move(name);
  project.separator = separator_of(request, found.environment);
  project.working_dir = found.folder;
  project.compose_files = found.files;
  project.environment = std::move(found.environment);
  resolve_variables(project);
  select_profiles(project, request);
  if (request.normalize) normalize(project);
  if (request.check_consistency) check_consistency(project, loading);
  const auto chosen = select_services(project, request);
  // Of those asked for alone, as docker compose: a file that another service misses is no matter.
  if (request.resolve_environment)
    for (auto& service : project.services)
      if (chosen.count(service.name) != 0) read_env_files(service, project.environment, loading);
  if (!request.all_resources) drop_unused(project);
  warn_of_unsupported(tree, project, chosen, loading);
  return project;
}

LoadedTree load_uninterpolated(LoadRequest request, FileSource& files) {
  request.interpolate = false;
  Loading loading(request, files);
  Found found;
  std::string name;
  Node tree = load_tree(loading, found, name);
  std::map<std::string, Variable> variables;
  for (const auto& file : found.files)
    for (const auto& document : loading.documents(file, "the compose file"))
      collect_tree_variables(document, variables);
  tree.set("name", name);
  return {to_json(tree, /*sorted=*/true), std::move(variables)};
}

}  // namespace lichen::compose
