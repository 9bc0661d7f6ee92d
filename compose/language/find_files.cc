// Which files make the project, and the environment that its variables are replaced from.
//
// The order is docker compose's: .env of the working directory may set COMPOSE_FILE; then the files are known, with
// them the project directory, and its own .env is read as well. What the caller's environment has wins over every .env,
// and the .env read first over the second one.
#include <array>

#include "compose/language/loading.hh"
#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"

namespace lichen::compose {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"compose.yaml", "compose.yml", "docker-compose.yml",
                                                    "docker-compose.yaml"};
constexpr std::array<std::string_view, 4> kOverrides = {"compose.override.yml", "compose.override.yaml",
                                                        "docker-compose.override.yml", "docker-compose.override.yaml"};

std::string value_of(const Mapping& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? "" : found->second;
}

std::string absolute(const Loading& loading, const std::string& path) {
  return resolve_path({loading.request.cwd, {}}, path);
}

/// The project directory as far as `files` tell it.
std::string folder_of(const Loading& loading, const Strings& files) {
  if (!loading.request.project_directory.empty()) return absolute(loading, loading.request.project_directory);
  for (const auto& file : files)
    if (file != "-") return parent_path(absolute(loading, file));
  return loading.request.cwd;
}

Strings env_files_of(Loading& loading, const Mapping& environment, const std::string& folder) {
  Strings files;
  Strings written = loading.request.env_files;
  if (written.empty())
    if (const std::string list = value_of(environment, "COMPOSE_ENV_FILES"); !list.empty()) written = split(list, ',');
  for (const auto& file : written) files.push_back(absolute(loading, file));
  if (!files.empty()) return files;
  const std::string disabled = value_of(environment, "COMPOSE_DISABLE_ENV_FILE");
  if (!disabled.empty()) {
    const auto is_disabled = parse_bool(disabled);
    if (!is_disabled)
      throw_error(ErrorKind::usage, "COMPOSE_DISABLE_ENV_FILE: '{}' is neither true nor false", disabled);
    if (*is_disabled) return {};
  }
  const std::string path = clean_path(folder + "/.env");
  if (loading.read(path) != nullptr) files.push_back(path);
  return files;
}

void add_missing(Mapping& environment, Mapping more) { environment.merge(more); }

Strings present(Loading& loading, const std::string& folder, std::span<const std::string_view> names) {
  Strings files;
  for (const auto name : names) {
    const std::string path = clean_path(folder + "/" + std::string(name));
    if (loading.read(path) != nullptr) files.push_back(path);
  }
  return files;
}

void warn_of_many(Loading& loading, const Strings& files, std::string_view what) {
  if (files.size() < 2) return;
  Strings names;
  for (const auto& file : files) names.push_back(loading.shown(file));
  loading.warn({}, format("several {} are here ({}); {} is used", what, join(names, ", "), names[0]));
}

Strings search(Loading& loading, std::string folder) {
  const std::string start = folder;
  while (true) {
    const Strings files = present(loading, folder, kNames);
    if (!files.empty()) {
      warn_of_many(loading, files, "compose files");
      Strings chosen = {files[0]};
      const Strings overrides = present(loading, folder, kOverrides);
      warn_of_many(loading, overrides, "override files");
      if (!overrides.empty()) chosen.push_back(overrides[0]);
      return chosen;
    }
    if (folder == "/" || folder.empty()) break;
    folder = parent_path(folder);
  }
  Error error(ErrorKind::not_found, format("find a compose file: none in '{}' or above", start));
  throw error.with_hint("it is named compose.yaml; or give one with -f");
}

Strings files_of_variable(const Loading& loading, const Mapping& environment) {
  const std::string list = value_of(environment, "COMPOSE_FILE");
  if (list.empty()) return {};
  std::string separator = value_of(environment, "COMPOSE_PATH_SEPARATOR");
  if (separator.empty()) separator = ":";
  Strings files;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(separator, at), list.size());
    if (end > at) files.push_back(list.substr(at, end - at));
    at = end + separator.size();
  }
  for (auto& file : files)
    if (file != "-") file = absolute(loading, file);
  return files;
}

}  // namespace

Found find_project(Loading& loading) {
  Found found;
  found.environment = loading.request.environment;
  for (const auto& file : loading.request.files) found.files.push_back(file == "-" ? file : absolute(loading, file));

  const std::string first_folder = folder_of(loading, found.files);
  const Strings first = env_files_of(loading, found.environment, first_folder);
  add_missing(found.environment, loading.read_dotenv(first, found.environment));

  if (found.files.empty()) found.files = files_of_variable(loading, found.environment);
  if (found.files.empty()) found.files = search(loading, first_folder);

  found.folder = folder_of(loading, found.files);
  const Strings second = env_files_of(loading, found.environment, found.folder);
  if (second != first) add_missing(found.environment, loading.read_dotenv(second, found.environment));
  return found;
}

}  // namespace lichen::compose
